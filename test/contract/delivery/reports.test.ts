import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { bundle } from '../bundle/command.js';
import { folder, serve } from '../serve/serve.js';
import { shopPath, shopPolicy } from './archives.js';

vi.setConfig({ testTimeout: 60_000 });

const patience = { within: 20_000, every: 100 };

async function publish(store: string, revision: string): Promise<void> {
  const file = join(await folder(), 'bundle.tar.gz');
  await writeFile(file, await shopPolicy(revision));
  expect((await bundle('publish', file, '--to', store)).code).toBe(0);
}

const promote = (store: string, revision: string) => bundle('promote', 'production', revision, '--to', store);

function configFor(store: string, reports: object) {
  const sources = [{ name: 'shop', store, channel: 'production' }];
  const polling = { min_delay: '100ms', max_delay: '200ms' };
  return { engine: { paths: [{ path: shopPath }] }, bundles: { sources, polling, reports } };
}

/** A collector of OPA's status reports. */
async function collector() {
  const reports: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    reports.push((await json(request)) as Record<string, unknown>);
    response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/status`, reports };
}

test('C-48 B-40 who runs what: adapters report to the store, and bundle status compares', async () => {
  const store = await folder();
  await publish(store, 'r1');
  await publish(store, 'r2');
  await promote(store, 'r1');
  const status = () => bundle('status', 'production', '--to', store);
  for (const id of ['shop-a', 'shop-b']) await serve({ config: configFor(store, { to_store: true, id }) });
  await eventually(async () => {
    const { code, stdout } = await status();
    expect(stdout).toMatch(/^ {2}shop-a {2}r1 {2}ready/m);
    expect(stdout).toMatch(/^ {2}shop-b {2}r1 {2}ready/m);
    expect(code).toBe(0);
  }, patience);
  await promote(store, 'r2');
  await eventually(async () => expect((await status()).stdout).toMatch(/^ {2}shop-b {2}r2 {2}ready/m), patience);
});

test('C-48 one that serves another bundle than the channel has, or has fallen silent, fails the command', async () => {
  const store = await folder();
  await publish(store, 'r1');
  await promote(store, 'r1');
  const pinned = { ...configFor(store, {}), bundles: { sources: [{ name: 'shop', store, object: 'r1.tar.gz' }] } };
  const portcullis = await serve({ config: pinned });
  const status = () => bundle('status', 'production', '--to', store, '--adapter', portcullis.adminUrl);
  expect((await status()).code).toBe(0);
  await publish(store, 'r2');
  await promote(store, 'r2');
  const behind = await status();
  expect(behind).toMatchObject({ code: 1, stderr: expect.stringContaining('1 of 1 adapters do not serve it') });
  expect(behind.stdout).toContain(`! ${portcullis.adminUrl}  r1  ready`);
  await portcullis.kill();
  expect((await status()).stdout).toContain('ECONNREFUSED');
});

test('C-48 reports go to a collector of OPA status reports, also of what failed', async () => {
  const store = await folder();
  await publish(store, 'r1');
  await promote(store, 'r1');
  const { reports, url } = await collector();
  await serve({ config: configFor(store, { url, id: 'shop-a' }) });
  await eventually(() => {
    expect(reports.at(-1)).toMatchObject({
      labels: { app: 'portcullis', id: 'shop-a' },
      bundles: { shop: { name: 'shop', active_revision: 'r1', type: 'snapshot' } },
      plugins: { bundle: { state: 'OK' } },
    });
  }, patience);
  await writeFile(join(store, 'channels', 'production.json'), '{}');
  await eventually(() => {
    expect(reports.at(-1)).toMatchObject({ bundles: { shop: { active_revision: 'r1', code: 'bundle_error' } } });
  }, patience);
});

test('a collector that is not there costs nothing but a warning', async () => {
  const store = await folder();
  await publish(store, 'r1');
  await promote(store, 'r1');
  const portcullis = await serve({ config: configFor(store, { url: 'http://127.0.0.1:1/status', interval: '100ms' }) });
  await eventually(() => expect(JSON.stringify(portcullis.logs())).toContain('is not taken'), patience);
  expect((await fetch(`${portcullis.adminUrl}/readyz`)).status).toBe(200);
});

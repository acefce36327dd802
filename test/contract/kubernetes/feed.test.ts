import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import type { PortcullisServer } from '../../support/portcullis-server.js';
import { client, httpCheck, outcome } from '../serve/check-call.js';
import { folder, serve } from '../serve/serve.js';
import { startWatchingApiServer, type WatchingApiServer } from './watching-api-server.js';

const rego = `package shop

default allow := false

allow if data.kubernetes.deployments.shop.web.metadata.labels.open == "yes"

# Reads the age itself, and no data that is older than two seconds.
default recent := false

recent if {
	allow
	time.now_ns() - data.kubernetes.feed.deployments.observed_at < 2000000000
}
`;

const entrypoints = ['shop/allow', 'shop/recent'];
const kinds = ['wasm', 'opa'] as const;
const patience = { within: 15_000 };

interface Chain {
  readonly portcullis: PortcullisServer;
  readonly opa: OpaServer | undefined;
  ask(): Promise<string>;
}

interface Setting {
  readonly path?: string;
  readonly feed?: object;
}

/** Portcullis with its engine, watching that server. */
async function start(kind: (typeof kinds)[number], api: WatchingApiServer, setting: Setting = {}): Promise<Chain> {
  const place = await folder();
  const [ca, token] = [join(place, 'ca.crt'), join(place, 'token')];
  await writeFile(ca, api.ca);
  await writeFile(token, 'first-token');
  const policy = join(place, 'policy.rego');
  await writeFile(policy, rego);
  const opa = kind === 'opa' ? await startOpa({ files: [policy] }) : undefined;
  onTestFinished(async () => void (await opa?.stop()));
  const bundle = kind === 'wasm' ? await buildBundle({ rego, entrypoints }) : undefined;
  const portcullis = await serve({
    config: {
      engine: {
        kind,
        timeout: '10s',
        paths: [{ path: setting.path ?? 'shop/allow' }],
        ...(bundle === undefined ? { opa: { url: opa?.url } } : { wasm: { bundle } }),
      },
      kubernetes: {
        api: { url: api.url, ca, token },
        feed: { resources: [{ group: 'apps', resource: 'deployments' }], refresh: '60s', ...setting.feed },
      },
    },
  });
  const grpc = client(portcullis.grpcAddress);
  return { portcullis, opa, ask: () => outcome(grpc, httpCheck({ method: 'GET', path: '/' })) };
}

test.each(kinds)('E-19 objects are what they are in the API, a moment later: engine %s', async (kind) => {
  const api = await startWatchingApiServer();
  api.put('web', { open: 'yes' });
  const { ask } = await start(kind, api);
  expect(await ask()).toBe('allow');
  const become = (expected: string) => eventually(async () => expect(await ask()).toBe(expected), patience);
  api.put('web', { open: 'no' });
  await become('deny Forbidden');
  api.put('web', { open: 'yes' });
  await become('allow');
  api.remove('web');
  await become('deny Forbidden');
  api.put('web', { open: 'yes' });
  await become('allow');
  expect(api.lists()).toBe(1);
});

test.each(kinds)('a stale cache denies, and is renewed when the API server is back: engine %s', async (kind) => {
  const api = await startWatchingApiServer();
  api.put('web', { open: 'yes' });
  const { ask, portcullis } = await start(kind, api, { feed: { refresh: '300ms', max_staleness: '2s' } });
  expect(await ask()).toBe('allow');
  await api.stop();
  // What was seen last still counts for a while, also for an engine that was made anew for it.
  expect(await ask()).toBe('allow');
  await eventually(async () => expect(await ask()).toBe('deny InternalServerError'), patience);
  expect(await portcullis.metrics()).toContain('portcullis_checks_total{outcome="deny",reason="data_stale"}');
  expect((await fetch(`${portcullis.adminUrl}/readyz`)).status).toBe(200);
  expect(portcullis.logs()).toContainEqual(
    expect.objectContaining({
      msg: 'watched data is not renewed',
      err: expect.objectContaining({ code: 'kubernetes_failed' }),
    }),
  );
  await api.restart();
  await eventually(async () => expect(await ask()).toBe('allow'), patience);
});

test('a policy may look at the age itself', async () => {
  const api = await startWatchingApiServer();
  api.put('web', { open: 'yes' });
  const feed = { refresh: '300ms', max_staleness: '600ms', on_stale: 'decide' };
  const { ask } = await start('wasm', api, { path: 'shop/recent', feed });
  await eventually(async () => expect(await ask()).toBe('allow'), patience);
  await api.stop();
  await eventually(async () => expect(await ask()).toBe('deny Forbidden'), patience);
});

test('what OPA lost by a restart is written again', async () => {
  const api = await startWatchingApiServer();
  api.put('web', { open: 'yes' });
  const { ask, opa } = await start('opa', api);
  expect(await ask()).toBe('allow');
  await opa?.restart();
  await eventually(async () => expect(await ask()).toBe('allow'), patience);
});

test('a policy is not asked before the data is there', async () => {
  const api = await startWatchingApiServer();
  api.put('web', { open: 'yes' });
  api.answer(503);
  const starting = start('wasm', api, { feed: { refresh: '1s', on_stale: 'decide', max_staleness: '5s' } });
  await eventually(() => expect(api.seen.length).toBeGreaterThan(1), patience);
  const raced = await Promise.race([starting, Promise.resolve('not ready')]);
  expect(raced).toBe('not ready');
  api.answer(200);
  expect(await (await starting).ask()).toBe('allow');
});

import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import type { PortcullisServer } from '../../support/portcullis-server.js';
import { keyFiles } from '../bundle/keys.js';
import { signed } from '../delivery/archives.js';
import { client, httpCheck, outcome } from './check-call.js';
import { attemptToServe, folder, serve } from './serve.js';

vi.setConfig({ testTimeout: 60_000 });

const path = 'shop/authz/allow';
const rego = (method: string) => `package shop.authz

default allow := false

allow if input.attributes.request.http.method == "${method}"
`;

const archive = async (method: string, target: 'wasm' | 'plan') =>
  readFile(await buildBundle({ rego: rego(method), entrypoints: [path], revision: method.toLowerCase(), target }));

/** Where the bundle lies and the keys that matter; whoever can write there may try what the tests try. */
async function place() {
  const [bundles, right, other] = [await folder(), await folder(), await folder()];
  const [key, strange] = [await keyFiles(right, 'ES256'), await keyFiles(other, 'ES256')];
  const verification = { key: key.verification, algorithm: 'ES256' };
  return { file: join(bundles, 'bundle.tar.gz'), key: key.signing, strange: strange.signing, verification };
}

/** Sends SIGHUP; resolves when it has been counted as refused. */
async function refuse(portcullis: PortcullisServer): Promise<void> {
  portcullis.signal('SIGHUP');
  await eventually(
    async () => expect(await portcullis.metrics()).toContain('portcullis_config_reloads_total{result="refused"} 1'),
    { within: 15_000, every: 50 },
  );
}

describe('engine.wasm.verification', () => {
  const config = (file: string, verification: object) => ({
    engine: { timeout: '2s', paths: [{ path }], wasm: { bundle: file, verification } },
  });

  test('C-53 a bundle in the image that is signed is served, without a place to fetch it from', async () => {
    const { file, key, verification } = await place();
    await writeFile(file, await signed(await archive('GET', 'wasm'), key));
    const portcullis = await serve({ config: config(file, verification) });
    const grpc = client(portcullis.grpcAddress);
    expect(await outcome(grpc, httpCheck({ method: 'GET', path: '/' }))).toBe('allow');
    expect(await outcome(grpc, httpCheck({ method: 'PUT', path: '/' }))).toBe('deny Forbidden');
  });

  test.each(['no signature', 'the signature of another key'])(
    'C-53 C-49 a bundle in the image with %s ends the start',
    async (what) => {
      const { file, strange, verification } = await place();
      const built = await archive('GET', 'wasm');
      await writeFile(file, what === 'no signature' ? built : await signed(built, strange));
      const attempt = await attemptToServe(config(file, verification));
      expect(attempt.code).toBe(1);
      expect(attempt.stderr).toContain('bundle_unverified');
    },
  );

  test('C-49 one that is not signed does not take the place of one that is', async () => {
    const { file, key, verification } = await place();
    await writeFile(file, await signed(await archive('GET', 'wasm'), key));
    const portcullis = await serve({ config: config(file, verification) });
    await copyFile(await buildBundle({ rego: rego('PUT'), entrypoints: [path], revision: 'put' }), file);
    await refuse(portcullis);
    const grpc = client(portcullis.grpcAddress);
    expect(await outcome(grpc, httpCheck({ method: 'PUT', path: '/' }))).toBe('deny Forbidden');
    expect(await outcome(grpc, httpCheck({ method: 'GET', path: '/' }))).toBe('allow');
  });
});

// A plan that says the policy reads less than it does would let the cache give one caller the answer of another.
describe('engine.opa.verification', () => {
  const config = (url: string, file: string, verification: object) => ({
    engine: {
      kind: 'opa',
      timeout: '2s',
      paths: [{ path }],
      opa: { url, bundle: file, verification },
      cache: { enabled: true, max_age: '60s' },
    },
  });

  async function opaWith(method: string) {
    const opa = await startOpa({
      bundle: await buildBundle({
        rego: rego(method),
        entrypoints: [path],
        revision: method.toLowerCase(),
        target: 'plan',
      }),
    });
    onTestFinished(() => opa.stop());
    return opa.url;
  }

  test('a plan in a signed bundle is believed', async () => {
    const { file, key, verification } = await place();
    await writeFile(file, await signed(await archive('GET', 'plan'), key));
    const portcullis = await serve({ config: config(await opaWith('GET'), file, verification) });
    const grpc = client(portcullis.grpcAddress);
    for (const path of ['/one', '/two', '/three']) {
      expect(await outcome(grpc, httpCheck({ method: 'GET', path }))).toBe('allow');
    }
    // OPA tells its revision with the first answer. The plan says that the path does not matter: the third is the second.
    expect(await portcullis.metrics()).toContain('portcullis_decision_cache_total{result="hit"} 1');
    expect(await outcome(grpc, httpCheck({ method: 'PUT', path: '/one' }))).toBe('deny Forbidden');
  });

  test.each(['no signature', 'the signature of another key'])('a bundle with %s ends the start', async (what) => {
    const { file, strange, verification } = await place();
    const built = await archive('GET', 'plan');
    await writeFile(file, what === 'no signature' ? built : await signed(built, strange));
    // Nothing listens on port 1; it is not asked.
    const attempt = await attemptToServe(config('http://127.0.0.1:1', file, verification));
    expect(attempt.code).toBe(1);
    expect(attempt.stderr).toContain('bundle_unverified');
    expect(attempt.stderr).toContain(file);
  });

  test('one that is not signed does not take the place of one that is', async () => {
    const { file, key, verification } = await place();
    await writeFile(file, await signed(await archive('GET', 'plan'), key));
    const portcullis = await serve({ config: config(await opaWith('GET'), file, verification) });
    await writeFile(file, await archive('PUT', 'plan'));
    await refuse(portcullis);
    expect(JSON.stringify(portcullis.logs())).toContain('bundle_unverified');
    expect(await outcome(client(portcullis.grpcAddress), httpCheck({ method: 'GET', path: '/' }))).toBe('allow');
  });
});

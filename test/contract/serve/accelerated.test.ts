import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { regoBundle } from '../../../scripts/policies/gateway.js';
import { eventually } from '../../support/eventually.js';
import { startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { client, httpCheck, outcome, readUser, writeUser } from './check-call.js';
import { folder, serve } from './serve.js';

const cacheCount = (metrics: string, result: string) =>
  Number(new RegExp(`^portcullis_decision_cache_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(metrics)?.[1]);

test('with the cache on, a check like an earlier one is answered by it, recorded as its own and marked', async () => {
  const portcullis = await serve({ config: { engine: { cache: { enabled: true } }, decision_log: { enabled: true } } });
  const grpc = client(portcullis.grpcAddress);
  const other = httpCheck({ method: 'GET', path: '/v1/admin/users/t', headers: { 'x-request-id': 'other' } });
  expect([await outcome(grpc, readUser), await outcome(grpc, other)]).toEqual(['allow', 'allow']);
  expect([await outcome(grpc, writeUser), await outcome(grpc, writeUser)]).toEqual([
    'deny Forbidden',
    'deny Forbidden',
  ]);
  await eventually(() => expect(portcullis.decisionLog()).toHaveLength(4));
  const records = portcullis.decisionLog();
  expect(records.map(({ cached }) => cached)).toEqual([undefined, true, undefined, true]);
  expect(new Set(records.map((record) => record['decision_id'])).size).toBe(4);
  expect(new Set(records.map(({ revision }) => revision)).size).toBe(1);
  const metrics = await portcullis.metrics();
  expect([cacheCount(metrics, 'hit'), cacheCount(metrics, 'miss'), cacheCount(metrics, 'bypass')]).toEqual([2, 2, 0]);
  expect(metrics).toContain('portcullis_engine_duration_seconds_count{engine="wasm"} 2');
});

test('a reload empties the cache', async () => {
  const engine = { cache: { enabled: true } };
  const portcullis = await serve({ config: { engine } });
  const grpc = client(portcullis.grpcAddress);
  await outcome(grpc, readUser);
  portcullis.signal('SIGHUP');
  await eventually(async () =>
    expect(await portcullis.metrics()).toContain('portcullis_config_reloads_total{result="applied"} 1'),
  );
  await outcome(grpc, readUser);
  expect(cacheCount(await portcullis.metrics(), 'miss')).toBe(2);
});

test('a policy that nothing is known of is not cached, and the log says so at the start', async () => {
  const rego = 'package p\ndefault allow := false\nallow if time.now_ns() > 0\n';
  const bundle = await buildBundle({ rego, entrypoints: ['p/allow'] });
  const portcullis = await serve({
    config: { engine: { cache: { enabled: true }, paths: [{ path: 'p/allow' }], wasm: { bundle } } },
  });
  const grpc = client(portcullis.grpcAddress);
  expect([await outcome(grpc, readUser), await outcome(grpc, readUser)]).toEqual(['allow', 'allow']);
  expect(cacheCount(await portcullis.metrics(), 'bypass')).toBe(2);
  expect(JSON.stringify(portcullis.logs())).toContain('decisions of p/allow are not kept: the bundle has no plan.json');
});

test('OPA is sent what its policy reads, in batches or one by one, and decides as it does by everything', async () => {
  const bundle = join(await folder(), 'bundle.tar.gz');
  await writeFile(bundle, await regoBundle());
  const opa = await startOpa({ bundle, args: ['--set=decision_logs.console=true'] });
  onTestFinished(() => opa.kill());
  const asked = Array.from({ length: 60 }, (_, number) => ({
    method: number % 3 === 0 ? 'POST' : 'GET',
    path: `/v1/admin/users/${number % 7}`,
    headers: { cookie: `session=${number}` },
  }));
  for (const max_size of [1, 16]) {
    const engine = {
      kind: 'opa',
      timeout: '10s',
      opa: { url: opa.url, bundle, projection: true, batch: { max_size } },
    };
    const portcullis = await serve({ config: { engine } });
    const grpc = client(portcullis.grpcAddress);
    await outcome(grpc, readUser);
    const seen = opa.output().length;
    const outcomes = await Promise.all(asked.map((request) => outcome(grpc, httpCheck(request))));
    expect(outcomes).toEqual(asked.map(({ method }) => (method === 'GET' ? 'allow' : 'deny Forbidden')));
    await eventually(() => expect(opa.output().slice(seen).join('')).toContain('"parsed_path"'));
    expect(opa.output().slice(seen).join('')).not.toContain('session=');
  }
});

test('a plan that nothing says to be that of the rules cuts nothing off, and the log says so at the start', async () => {
  const rego = 'package p\ndefault allow := false\nallow if input.parsed_path[0] == "v1"\n';
  const bundle = await buildBundle({ rego, entrypoints: ['p/allow'], target: 'plan' });
  const opa = await startOpa({ bundle, args: ['--set=decision_logs.console=true'] });
  onTestFinished(() => opa.kill());
  const engine = { kind: 'opa', opa: { url: opa.url, bundle, projection: true }, paths: [{ path: 'p/allow' }] };
  const portcullis = await serve({ config: { engine } });
  const grpc = client(portcullis.grpcAddress);
  expect(await outcome(grpc, readUser)).toBe('allow');
  const check = httpCheck({ method: 'GET', path: '/v1/x', headers: { cookie: 'session=1' } });
  expect(await outcome(grpc, check)).toBe('allow');
  await eventually(() => expect(opa.output().join('')).toContain('session=1'));
  expect(JSON.stringify(portcullis.logs())).toContain('the input of p/allow is sent whole: the bundle does not say');
});

test('with the engine opa, batches and cache answer as OPA does alone', async () => {
  const bundle = join(await folder(), 'bundle.tar.gz');
  await writeFile(bundle, await regoBundle());
  const opa = await startOpa({ bundle });
  onTestFinished(() => opa.kill());
  const opaKeys = { url: opa.url, bundle, batch: { max_size: 16 } };
  const engine = { kind: 'opa', timeout: '10s', opa: opaKeys, cache: { enabled: true } };
  const portcullis = await serve({ config: { engine, decision_log: { enabled: true } } });
  const grpc = client(portcullis.grpcAddress);
  await outcome(grpc, readUser);
  const asked = Array.from({ length: 200 }, (_, number) => {
    const method = number % 2 === 0 ? 'GET' : 'POST';
    return outcome(grpc, httpCheck({ method, path: `/v1/admin/users/${number % 20}` }));
  });
  expect(await Promise.all(asked)).toEqual(
    Array.from({ length: 200 }, (_, number) => (number % 2 === 0 ? 'allow' : 'deny Forbidden')),
  );
  await eventually(() => expect(portcullis.decisionLog()).toHaveLength(201));
  const revisions = new Set(portcullis.decisionLog().map(({ revision }) => revision));
  expect([...revisions]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  const metrics = await portcullis.metrics();
  expect(cacheCount(metrics, 'hit')).toBeGreaterThan(100);
  expect(cacheCount(metrics, 'hit') + cacheCount(metrics, 'miss') + cacheCount(metrics, 'bypass')).toBe(201);
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { regoBundle } from '../../../scripts/policies/gateway.js';
import { eventually } from '../../support/eventually.js';
import { startOpa } from '../../support/opa-server.js';
import { client, httpCheck, outcome, readUser, writeUser } from './check-call.js';
import { folder, serve, serveWithoutFile } from './serve.js';

test('A-04 A-70 with the engine opa, ready means that OPA is', async () => {
  const place = await folder();
  const socket = join(place, 'opa.sock');
  const bundle = join(place, 'bundle.tar.gz');
  await writeFile(bundle, await regoBundle());
  const { adminUrl, grpcAddress } = await serveWithoutFile({
    PORTCULLIS_ENGINE_KIND: 'opa',
    PORTCULLIS_ENGINE_OPA_URL: `unix://${socket}`,
  });
  const grpc = client(grpcAddress);
  const readyz = async () => {
    const response = await fetch(`${adminUrl}/readyz`);
    return [response.status, (await response.text()).trim()];
  };
  await eventually(async () => expect(await readyz()).toEqual([503, 'engine_not_ready']));
  expect(await grpc.health()).toBe('NOT_SERVING');
  expect((await fetch(`${adminUrl}/livez`)).status).toBe(200);
  expect(await outcome(grpc, readUser)).toBe('grpc 14');

  const opa = await startOpa({ socket, bundle });
  onTestFinished(() => opa.kill());
  await eventually(async () => expect(await readyz()).toEqual([200, 'ready']));
  expect(await grpc.health()).toBe('SERVING');
  expect(await outcome(grpc, readUser)).toBe('allow');

  await opa.kill();
  expect(await outcome(grpc, readUser)).toBe('grpc 14');
  await eventually(async () => expect(await readyz()).toEqual([503, 'engine_not_ready']));
});

test('C-48 /status says what is served, and that two processes serve the same', async () => {
  const config = { engine: { paths: [{ path: 'envoy/authz/allow' }, { path: 'authz/allow', shape: 'http-api' }] } };
  const status = async (changes: object = {}) => {
    const { adminUrl } = await serve({ config: { ...config, ...changes } });
    return (await (await fetch(`${adminUrl}/status`)).json()) as Record<string, unknown>;
  };
  const found = await status();
  expect(found).toMatchObject({
    engine: 'wasm',
    ready: true,
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    revision: expect.stringMatching(/^[0-9a-f]{16}$/),
    decision_paths: ['envoy/authz/allow', 'authz/allow'],
  });
  expect((await status({ decision: { undefined: 'error' } }))['config_hash']).not.toBe(found['config_hash']);
});

test('the admin port serves its pages and no others, and only for reading', async () => {
  const { adminUrl } = await serve();
  const status = async (path: string, method = 'GET') => (await fetch(`${adminUrl}${path}`, { method })).status;
  expect([await status('/livez'), await status('/readyz'), await status('/metrics')]).toEqual([200, 200, 200]);
  expect([await status('/'), await status('/debug/pprof'), await status('/status', 'POST')]).toEqual([404, 404, 405]);
});

test('A-99 B-43 the decision log has one line for each check, and standard output nothing else', async () => {
  const tokens = join(import.meta.dirname, '..', '..', '..', 'examples', 'tokens.yaml');
  const portcullis = await serve({
    config: {
      decision_log: { enabled: true },
      identity: { sources: [{ kind: 'token-file', file: tokens }] },
    },
  });
  const grpc = client(portcullis.grpcAddress);
  await outcome(grpc, readUser);
  await outcome(grpc, writeUser);
  await outcome(grpc, {
    attributes: {
      request: {
        http: {
          method: 'POST',
          path: '/v1/admin/users/t?token=of-the-query',
          headers: {
            'x-request-id': 'request-7',
            authorization: 'Bearer admin-demo-token',
            cookie: 'session=of-the-cookie',
          },
          body: 'of-the-body',
        },
      },
    },
  });
  await outcome(grpc, httpCheck({ method: 'GET', path: '/cars/..%2f' }));
  await eventually(() => expect(portcullis.decisionLog()).toHaveLength(4));
  const records = portcullis.decisionLog();
  expect(records).toMatchObject([
    { outcome: 'allow', reason: 'policy', method: 'GET', decision_path: 'envoy/authz/allow' },
    { outcome: 'deny', reason: 'policy', status: 401 },
    { outcome: 'allow', subject: 'admin', request_id: 'request-7', path: '/v1/admin/users/t' },
    { outcome: 'deny', reason: 'request_invalid', status: 400 },
  ]);
  expect(new Set(records.map((record) => record['decision_id'])).size).toBe(4);
  expect(portcullis.child.stdout).toHaveLength(4);
  const everything = [...portcullis.child.stdout, ...portcullis.child.stderr].join('\n');
  expect(everything).not.toMatch(/admin-demo-token|of-the-query|of-the-cookie|of-the-body/);
});

test('without decision_log nothing is written for a check', async () => {
  const portcullis = await serve();
  await outcome(client(portcullis.grpcAddress), writeUser);
  expect(portcullis.child.stdout).toEqual([]);
  expect(await portcullis.metrics()).toMatch(/^portcullis_checks_total\{outcome="deny",reason="policy"\} 1$/m);
});

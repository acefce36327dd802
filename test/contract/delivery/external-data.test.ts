import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { codeBlocks } from '../../e2e/markdown.js';
import { startOpa } from '../../support/opa-server.js';
import { buildBundle, type PolicySources } from '../../support/policy-bundle.js';
import { repository } from '../../support/portcullis-server.js';
import { bundle, folderWith } from '../bundle/command.js';
import { client, httpCheck, outcome } from '../serve/check-call.js';
import { attemptToServe, serve } from '../serve/serve.js';

vi.setConfig({ testTimeout: 60_000 });

const path = 'carstore/authz/allow';
const carstore = await readFile(join(repository, 'policies', 'carstore', 'authz.rego'), 'utf8');
const page = await readFile(join(repository, 'docs', 'policy-delivery.md'), 'utf8');
const [directory = ''] = codeBlocks(page, 'rego');

/** Employees are asked for where the document's own policy looks them up. */
const asking = carstore.replace('data.carstore.employees', 'data.carstore.directory.employees');

async function adapterBeside(sources: Omit<PolicySources, 'entrypoints' | 'target'>) {
  const opa = await startOpa({ bundle: await buildBundle({ ...sources, entrypoints: [path], target: 'rego' }) });
  onTestFinished(() => opa.stop());
  const identity = { sources: [{ kind: 'token-file', file: join(repository, 'examples', 'tokens.yaml') }] };
  const engine = { kind: 'opa', timeout: '2s', paths: [{ path, shape: 'http-api' }], opa: { url: opa.url } };
  const grpc = client((await serve({ config: { engine, identity } })).grpcAddress);
  const put = (name: string) => {
    const headers = { authorization: `Bearer ${name}-demo-token` };
    return outcome(grpc, httpCheck({ method: 'PUT', path: '/cars/1', headers }));
  };
  return { opa, put };
}

test('C-55 employees are pushed into an OPA, apart from the policy', async () => {
  const { opa, put } = await adapterBeside({
    rego: { '.manifest': '{"roots": ["carstore/authz"]}', 'carstore/authz.rego': carstore },
  });
  expect(await put('alice')).toBe('deny Forbidden');
  const push = (employees: object) =>
    fetch(`${opa.url}/v1/data/carstore/employees`, { method: 'PUT', body: JSON.stringify(employees) });
  expect((await push({ alice: ['manager'] })).status).toBe(204);
  expect(await put('alice')).toBe('allow');
  await push({});
  expect(await put('alice')).toBe('deny Forbidden');
});

test('C-55 employees are asked for by the policy, as the page shows, and kept for a minute', async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end('{"alice": ["manager"]}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { put } = await adapterBeside({
    rego: {
      '.manifest': '{"roots": ["carstore"]}',
      'carstore/authz.rego': asking,
      'carstore/directory.rego': directory,
      'carstore/data.json': JSON.stringify({
        directory_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      }),
    },
  });
  expect(await put('alice')).toBe('allow');
  expect([await put('alice'), await put('kelly')]).toEqual(['allow', 'deny Forbidden']);
  expect(asked).toBe(1);
});

test('C-55 a directory that is down gives nobody a role', async () => {
  const { put } = await adapterBeside({
    rego: {
      '.manifest': '{"roots": ["carstore"]}',
      'carstore/authz.rego': asking,
      'carstore/directory.rego': directory,
      // Nothing listens on port 1.
      'carstore/data.json': '{"directory_url": "http://127.0.0.1:1/"}',
    },
  });
  expect(await put('alice')).toBe('deny Forbidden');
});

test('C-55 the embedded engine refuses a policy that asks others, and bundle check says so before', async () => {
  const files = { 'carstore/authz.rego': asking, 'carstore/directory.rego': directory };
  const built = await buildBundle({ rego: files, entrypoints: [path], target: 'wasm' });
  const attempt = await attemptToServe({
    engine: { paths: [{ path, shape: 'http-api' }], wasm: { bundle: built } },
  });
  expect(attempt.code).toBe(1);
  expect(attempt.stderr).toContain('builtin_unsupported');
  expect(attempt.stderr).toContain('http.send');
  const check = await bundle('check', await folderWith(files), '-e', path);
  expect(check.code).toBe(1);
  expect(check.stdout + check.stderr).toContain('embedded-builtin');
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differences } from '../../../scripts/policies/differences.js';
import { entrypoints, gatewayBundle, policies, regoBundle } from '../../../scripts/policies/gateway.js';
import { revisionOf } from '../../../scripts/policies/revision.js';
import { compileBundle } from '../../../src/engine/wasm/load-policy.js';
import type { PolicyInstance } from '../../../src/engine/wasm/policy-instance.js';
import { encodeJson } from '../../../src/json/encode.js';
import type { JsonValue } from '../../../src/json/json.js';
import { assembleBundle } from '../../../src/policy/bundle/assemble-bundle.js';
import { type Bundle, defaultBundleLimits } from '../../../src/policy/bundle/bundle.js';
import { readArchive } from '../../../src/policy/bundle/read-archive.js';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/process.js';
import { post } from './data-api.js';

let kept: Buffer;
let bundle: Bundle;
let folder: TemporaryFolder;
let opa: OpaServer;

beforeAll(async () => {
  kept = await readFile(join(policies, 'gateway.tar.gz'));
  bundle = await read(kept);
  folder = await temporaryFolder();
  const rego = join(folder.path, 'rego.tar.gz');
  await writeFile(rego, await regoBundle());
  opa = await startOpa({ bundle: rego });
});

afterAll(async () => {
  await opa.stop();
  await folder.remove();
});

async function read(archive: Buffer): Promise<Bundle> {
  const files = await readArchive(archive, defaultBundleLimits);
  if (!files.ok) throw new Error(files.error);
  const assembled = assembleBundle(files.value);
  if (!assembled.ok) throw new Error(assembled.error);
  return assembled.value;
}

test('the bundle in the repository is what policies/ compiles to (if not: npm run policies -- build)', async () => {
  const rebuilt = await gatewayBundle();
  expect(await differences(kept, rebuilt)).toEqual([]);
});

test('the same sources give the same bytes', async () => {
  expect(await gatewayBundle()).toEqual(await gatewayBundle());
});

test('the revision is the hash of the sources that the bundle holds', async () => {
  const files = await readArchive(kept, defaultBundleLimits);
  if (!files.ok) throw new Error(files.error);
  const sources = files.value
    .filter(({ path }) => !['.manifest', 'policy.wasm', 'plan.json'].includes(path))
    .map(({ path, content }) => ({ path, bytes: content }));
  expect(bundle.manifest.revision).toBe(revisionOf(sources));
  expect((await read(await regoBundle())).manifest.revision).toBe(bundle.manifest.revision);
});

test('the bundle holds the decision paths, the sources and the data, and no tests', () => {
  expect(bundle.manifest.entrypoints).toEqual([...entrypoints]);
  expect([...bundle.sources.keys()]).toEqual([
    'carstore/authz.rego',
    'demo/authz.rego',
    'envoy/authz.rego',
    'users/users.rego',
  ]);
  expect(bundle.data).toEqual({
    carstore: { employees: { alice: ['manager', 'car_admin'], james: ['manager'], kelly: ['car_admin'] } },
  });
});

async function embedded(): Promise<PolicyInstance> {
  const makeInstance = await compileBundle(bundle, {}, { maxMemoryBytes: 64 * 1024 * 1024 });
  return makeInstance();
}

test('the module needs no built-in function of its host', async () => {
  expect([...(await embedded()).neededBuiltins]).toEqual([]);
});

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'post', null];
const paths = [
  [''],
  [],
  ['cars'],
  ['cars', ''],
  ['cars', 'x'],
  ['cars', 'x', 'status'],
  ['cars', 'x', 'status', ''],
  ['cars', 7],
  ['v1', 'admin', 'users', 'testuser'],
  ['v1', 'admin', 'users'],
  ['nope'],
  '/cars',
  { 0: 'cars' },
  null,
];
const callers = [
  undefined,
  { subject: 'alice', roles: [] },
  { subject: 'james', roles: ['manager', 'a,b'] },
  { subject: 'kelly', roles: ['USER'] },
  { subject: 'john', roles: [] },
  { subject: 'admin', roles: ['ADMIN_ROLE'] },
  { subject: '', roles: ['ADMIN_ROLE'] },
  { subject: '__proto__', roles: 'ADMIN_ROLE' },
];

const corpus = methods.flatMap((method) =>
  paths.flatMap((path) =>
    callers.map((identity) => ({
      attributes: { request: { http: { method } } },
      parsed_path: path,
      ...(identity === undefined ? {} : { identity }),
      method,
      path,
      user: identity?.subject ?? '',
      roles: identity?.roles ?? [],
    })),
  ),
);

test.each(entrypoints)('%s answers in WebAssembly what it answers in OPA', async (entrypoint) => {
  const policy = await embedded();
  const index = policy.entrypoints.get(entrypoint) ?? Number.NaN;
  const seen = new Set<string>();
  for (const input of [{}, ...corpus]) {
    const value = policy.evaluate(index, new TextEncoder().encode(encodeJson(input))) as JsonValue;
    const result: unknown = JSON.parse(encodeJson(value));
    expect({ result }, JSON.stringify(input)).toEqual(await post(opa, `/v1/data/${entrypoint}`, { input }));
    seen.add(JSON.stringify(result));
  }
  expect(seen.size, 'the corpus provokes more than one answer').toBeGreaterThan(1);
});

test.each([
  ['C-23', 'alice', 'PUT', ['cars', 'test-car'], true],
  ['C-23', 'kelly', 'PUT', ['cars', 'test-car'], false],
  ['C-26', 'kelly', 'PUT', ['cars', 'test-car', 'status'], true],
  ['C-22', '', 'GET', ['cars', ''], true],
  ['C-20', '', 'GET', [''], true],
])('C-12 %s the car store is asked directly: %s %s %j', async (_row, user, method, path, allow) => {
  expect(await post(opa, '/v1/data/carstore/authz', { input: { method, path, user } })).toEqual({ result: { allow } });
});

test.each([
  ['B-01', 'GET', 'alice', true],
  ['B-02', 'POST', 'admin', true],
  ['B-03', 'GET', 'admin', false],
  ['B-04', 'POST', 'alice', false],
])('%s the demo policy is asked directly and answers a boolean: %s %s', async (_row, method, user, allow) => {
  expect(await post(opa, '/v1/data/authz/allow', { input: { method, user } })).toEqual({ result: allow });
});

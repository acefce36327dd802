import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policies } from '../../../scripts/policies/gateway.js';
import { createInputDocument } from '../../../src/check/input/input-document.js';
import { createCachedEngine } from '../../../src/engine/cached/cached-engine.js';
import type { Engine } from '../../../src/engine/engine.js';
import { createOpaEngine } from '../../../src/engine/opa/opa-engine.js';
import { ReplaceableEngine } from '../../../src/engine/replaceable-engine.js';
import { createWasmEngine } from '../../../src/engine/wasm/wasm-engine.js';
import type { JsonValue } from '../../../src/json/json.js';
import type { Bundle } from '../../../src/policy/bundle/bundle.js';
import { readBundle } from '../../../src/policy/bundle/read-bundle.js';
import { type PolicyReads, policyReads } from '../../../src/policy/plan/policy-reads.js';
import { startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { contractPolicy } from './contract-policy.js';
import { testEngineContract } from './engine-contract.js';
import { plannedBundle } from './planned-bundle.js';

const limits = { maxEntries: 1000, maxBytes: 16 * 1024 * 1024, maxAge: 60_000, auditEvery: 50 };

/** A cache as it stands before an engine; a disagreement between cache and policy fails the test that meets it. */
function cache(engine: Engine, reads: PolicyReads, recheckRevision?: number): Engine {
  return createCachedEngine(engine, {
    ...limits,
    recheckRevision,
    readSet: (path, revision) =>
      recheckRevision === undefined || revision === reads.revision ? reads.readSets.get(path) : undefined,
    onDisagreement: (path) => {
      throw new Error(`the cache and the policy disagree about ${path}`);
    },
  });
}

testEngineContract('wasm behind a cache', async () => {
  const bundle = await plannedBundle(contractPolicy);
  const reads = policyReads(bundle, contractPolicy.entrypoints);
  return {
    createEngine: async () => cache(await createWasmEngine({ bundle, paths: contractPolicy.entrypoints }), reads),
    slowSize: 1000,
    stop: () => Promise.resolve(),
  };
});

testEngineContract('opa behind a cache', async () => {
  const file = await buildBundle({ ...contractPolicy, target: 'plan' });
  const bundle = await readBundle(file);
  if (!bundle.ok) throw bundle.error;
  const reads = policyReads(bundle.value, contractPolicy.entrypoints);
  const opa = await startOpa({ bundle: file });
  return { createEngine: () => cache(createOpaEngine({ url: opa.url }), reads, 1000), slowSize: 4000, stop: opa.stop };
});

const methods = ['GET', 'PUT'];
const paths = [['cars', 'x'], ['v1', 'admin', 'users', 'y'], undefined];
const identities = [
  undefined,
  { subject: 'alice', roles: ['manager'] },
  { subject: 'kelly', roles: ['a,b'], expires_at: 1e12 },
];

const request: fc.Arbitrary<JsonValue> = fc
  .record({
    method: fc.constantFrom(...methods),
    headers: fc.dictionary(fc.constantFrom('x-a', 'x-b'), fc.constantFrom('1', '2')),
    path: fc.constantFrom(...paths),
    identity: fc.constantFrom(...identities),
    broken: fc.constantFrom(undefined, undefined, undefined, { reason: 'expired_token' }),
  })
  .map(({ broken, headers, identity, method, path }) => ({
    attributes: { request: { http: { method, headers } } },
    parsed_path: path as JsonValue,
    identity: identity as JsonValue,
    identity_error: broken as JsonValue,
  }));

const step = fc.oneof(
  { weight: 30, arbitrary: request.map((input) => ({ kind: 'ask' as const, input })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ kind: 'reload' as const, strict: true }, { kind: 'reload' as const, strict: false }),
  },
);

test('over any sequence of requests and reloads, answers with the cache are those without', async () => {
  const path = 'envoy/authz/allow';
  const kept = await readBundle(`${policies}/gateway.tar.gz`);
  if (!kept.ok) throw kept.error;
  // The same policy with other data: a revision of its own would give the change away, so it has none.
  const manifest = { ...kept.value.manifest, revision: undefined };
  const employees = (names: object): Bundle => ({
    ...kept.value,
    manifest,
    data: { carstore: { employees: names } } as never,
  });
  const bundles = { lax: employees({ alice: ['manager'], kelly: ['manager'] }), strict: employees({}) };
  const plain = async (strict: boolean) =>
    createWasmEngine({ bundle: strict ? bundles.strict : bundles.lax, paths: [path] });
  const caching = async (strict: boolean) => cache(await plain(strict), policyReads(kept.value, [path]));

  let hits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
      const engines = [new ReplaceableEngine(await plain(false)), new ReplaceableEngine(await caching(false))] as const;
      for (const next of steps) {
        if (next.kind === 'reload') {
          await engines[0].replace(await plain(next.strict));
          await engines[1].replace(await caching(next.strict));
          continue;
        }
        const query = { path, input: createInputDocument(next.input), deadline: performance.now() + 10_000 };
        const [without, withCache] = await Promise.all(engines.map((engine) => engine.evaluate(query)));
        if (withCache?.kind === 'result' && withCache.cached) hits += 1;
        expect({ ...withCache, cached: undefined }).toEqual(without);
      }
      await Promise.all(engines.map((engine) => engine.close()));
    }),
    { numRuns: 50 },
  );
  expect(hits).toBeGreaterThan(200);
});

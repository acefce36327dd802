import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entrypoints, policies } from '../../../scripts/policies/gateway.js';
import { createInputDocument } from '../../../src/check/input/input-document.js';
import { projectionKey } from '../../../src/engine/cached/projection.js';
import type { Engine } from '../../../src/engine/engine.js';
import { createWasmEngine } from '../../../src/engine/wasm/wasm-engine.js';
import { encodeJson } from '../../../src/json/encode.js';
import type { JsonObject, JsonValue } from '../../../src/json/json.js';
import type { Bundle } from '../../../src/policy/bundle/bundle.js';
import { readBundle } from '../../../src/policy/bundle/read-bundle.js';
import { type InputReads, readPaths } from '../../../src/policy/plan/input-reads.js';
import { policyReads } from '../../../src/policy/plan/policy-reads.js';
import type { ReadSet } from '../../../src/policy/plan/read-set.js';
import { buildBundle, type PolicySources } from '../../support/policy-bundle.js';
import { codeOf } from './ask.js';
import { plannedBundle } from './planned-bundle.js';
import { anything, inputsFor, record } from './random-inputs.js';
import { trickyPolicies, trickySources } from './tricky-policies.js';

function readSetOf(bundle: Bundle, path: string): ReadSet {
  const { gaps, readSets } = policyReads(bundle, [path]);
  const readSet = readSets.get(path);
  if (readSet === undefined) throw new Error(gaps.get(path));
  return readSet;
}

/** `other`, with what is read taken from `input`. */
function graft(reads: InputReads, input: JsonValue, other: JsonValue): JsonValue {
  if (reads.whole) return input;
  if (!isObject(input)) return isObject(other) ? 7 : other;
  const members = isObject(other) ? Object.entries(other).filter(([name]) => !reads.members.has(name)) : [];
  for (const [name, inner] of reads.members) {
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    const instead = isObject(other) && Object.hasOwn(other, name) ? other[name] : 'other';
    if (value !== undefined) members.unshift([name, graft(inner, value, instead ?? 'other')]);
  }
  return record(members as [string, JsonValue][]);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function answer(engine: Engine, path: string, value: JsonValue): Promise<string> {
  const deadline = performance.now() + 10_000;
  const evaluation = await engine.evaluate({ path, input: createInputDocument(value), deadline });
  return evaluation.kind === 'result'
    ? sorted(evaluation.result)
    : evaluation.kind === 'failed'
      ? codeOf(evaluation)
      : 'undefined';
}

/** The module writes objects in no order that anything depends on. */
function sorted(value: JsonValue): string {
  return JSON.stringify(JSON.parse(encodeJson(value)), (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}

/** Nothing outside the read set changes the decision, nor does leaving it out; returns how many different decisions were seen. */
async function expectSound(
  engine: Engine,
  projecting: Engine,
  path: string,
  { input: reads }: ReadSet,
  samples: readonly JsonValue[],
): Promise<number> {
  const seen = new Set<string>();
  const found = inputsFor(reads);
  const inputs = samples.length === 0 ? found : fc.oneof(found, fc.constantFrom(...samples));
  await fc.assert(
    fc.asyncProperty(inputs, anything, inputs, async (input, noise, third) => {
      const expected = await answer(engine, path, input);
      seen.add(expected);
      expect(await answer(projecting, path, input)).toBe(expected);
      for (const other of [noise, third]) {
        const changed = graft(reads, input, other);
        expect(projectionKey(reads, changed, [])).toBe(projectionKey(reads, input, []));
        expect(await answer(engine, path, changed)).toBe(expected);
      }
      // Inputs with one key have one decision, whatever made the keys equal.
      if (projectionKey(reads, third, []) !== projectionKey(reads, input, [])) return;
      expect(await answer(engine, path, third)).toBe(expected);
    }),
    { numRuns: 300 },
  );
  if (seen.size === 1) for (const input of fc.sample(inputs, 3000)) seen.add(await answer(engine, path, input));
  return seen.size;
}

const gatewaySamples: readonly JsonValue[] = [
  { method: 'GET', path: ['cars'], user: 'alice' },
  { method: 'GET', user: 'alice' },
  { method: 'POST', user: 'admin' },
  { method: 'PUT', path: ['cars', 'x'], user: 'alice', roles: [] },
  { method: 'POST', path: ['v1', 'admin', 'users', 'x'], roles: ['ADMIN_ROLE'] },
  { attributes: { request: { http: { method: 'GET' } } }, parsed_path: ['cars'] },
  {
    attributes: { request: { http: { method: 'PUT' } } },
    parsed_path: ['cars', 'x'],
    identity: { subject: 'alice', roles: ['a,b', 'c'] },
  },
];

describe('what is outside the read set changes no decision of', () => {
  test.each(Object.keys(trickyPolicies))('%s', async (title) => {
    const policy = trickyPolicies[title];
    if (policy === undefined) throw new Error(title);
    const bundle = await plannedBundle(trickySources(policy));
    const readSet = readSetOf(bundle, 'p/result');
    expect(readPaths(readSet.input)).toEqual(policy.reads);
    expect(readSet.impure).toEqual([]);
    const engine = await createWasmEngine({ bundle, paths: ['p/result'] });
    const projecting = await createWasmEngine({
      bundle,
      paths: ['p/result'],
      reads: new Map([['p/result', readSet.input]]),
    });
    const seen = await expectSound(engine, projecting, 'p/result', readSet, policy.samples ?? []);
    if (title !== 'a constant') expect(seen, 'the inputs provoke more than one decision').toBeGreaterThan(1);
  });

  test.each(entrypoints)("the gateway's policy at %s", async (path) => {
    const bundle = await readBundle(`${policies}/gateway.tar.gz`);
    if (!bundle.ok) throw bundle.error;
    const engine = await createWasmEngine({ bundle: bundle.value, paths: [path] });
    const readSet = readSetOf(bundle.value, path);
    const reads = new Map([[path, readSet.input]]);
    const projecting = await createWasmEngine({ bundle: bundle.value, paths: [path], reads });
    const seen = await expectSound(engine, projecting, path, readSet, gatewaySamples);
    expect(seen, 'the inputs provoke more than one decision').toBeGreaterThan(1);
  });
});

test('the front rule reads no header, so its decisions do not depend on them', async () => {
  const bundle = await readBundle(`${policies}/gateway.tar.gz`);
  if (!bundle.ok) throw bundle.error;
  expect(readPaths(readSetOf(bundle.value, 'envoy/authz/allow').input)).toEqual([
    'input.attributes.request.http.method',
    'input.identity.roles',
    'input.identity.subject',
    'input.identity_error',
    'input.parsed_path',
  ]);
});

describe('a policy that depends on more than its input is known by', () => {
  test.each([
    ['time.now_ns', 'result if time.now_ns() > input.a'],
    ['rand.intn', 'result := rand.intn("a", 10)'],
    ['uuid.rfc4122', 'result := uuid.rfc4122("a")'],
    ['http.send', 'result := http.send({"method": "get", "url": input.a}).status_code'],
    ['opa.runtime', 'result := opa.runtime().env'],
    ['net.lookup_ip_addr', 'result := net.lookup_ip_addr(input.a)'],
    ['io.jwt.decode_verify', 'result := io.jwt.decode_verify(input.a, {"secret": "s"})[0]'],
    ['crypto.x509.parse_and_verify_certificates', 'result := crypto.x509.parse_and_verify_certificates(input.a)[0]'],
    ['time.now_ns', 'result if f(input.a)\nf(x) if g(x)\ng(x) if time.now_ns() > x'],
    ['time.now_ns', 'result if input.a with input.b as time.now_ns()'],
    ['time.now_ns', 'result := [x | x := time.now_ns()]'],
    ['time.now_ns', 'result if not late\nlate if time.now_ns() > input.a'],
  ])('%s', async (builtin, rules) => {
    const bundle = await readBundle(await plannedOnly(rules));
    if (!bundle.ok) throw bundle.error;
    expect(readSetOf(bundle.value, 'p/result').impure).toEqual([builtin]);
  });

  test('a rule that is found at run time counts too', async () => {
    const rules = {
      'p.rego': 'package p\nresult := data.q[input.a].r',
      'q.rego': 'package q.b\nr := time.now_ns() + input.c',
    };
    const bundle = await readBundle(await buildPlan(rules));
    if (!bundle.ok) throw bundle.error;
    const readSet = readSetOf(bundle.value, 'p/result');
    expect(readSet.impure).toEqual(['time.now_ns']);
    expect(readPaths(readSet.input)).toEqual(['input.a', 'input.c']);
  });

  test('what is in the plan but not behind the decision path does not count', async () => {
    const bundle = await readBundle(
      await buildPlan('package p\nresult := input.a\nother := time.now_ns()', ['p/result', 'p/other']),
    );
    if (!bundle.ok) throw bundle.error;
    expect(readSetOf(bundle.value, 'p/result').impure).toEqual([]);
    expect(readSetOf(bundle.value, 'p/other').impure).toEqual(['time.now_ns']);
  });
});

function plannedOnly(rules: string): Promise<string> {
  return buildPlan(`package p\n${rules}\n`);
}

function buildPlan(rego: PolicySources['rego'], paths: readonly string[] = ['p/result']): Promise<string> {
  return buildBundle({ rego, entrypoints: paths, target: 'plan' });
}

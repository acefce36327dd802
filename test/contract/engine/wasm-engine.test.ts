import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { compileBundle } from '../../../src/engine/wasm/load-policy.js';
import { createWasmEngine, type WasmEngineOptions } from '../../../src/engine/wasm/wasm-engine.js';
import type { Bundle } from '../../../src/policy/bundle/bundle.js';
import { readBundle } from '../../../src/policy/bundle/read-bundle.js';
import { policyReads } from '../../../src/policy/plan/policy-reads.js';
import { eventually } from '../../support/eventually.js';
import { buildBundle, type PolicySources } from '../../support/policy-bundle.js';
import { ask, codeOf, rawDocument } from './ask.js';
import { contractPolicy } from './contract-policy.js';
import { testEngineContract } from './engine-contract.js';
import { plannedBundle } from './planned-bundle.js';

testEngineContract('wasm', async () => {
  const bundle = await build(contractPolicy);
  return {
    createEngine: () => createWasmEngine({ bundle, paths: contractPolicy.entrypoints }),
    slowSize: 1000,
    stop: () => Promise.resolve(),
  };
});

testEngineContract('wasm that is given what its policy reads', async () => {
  const bundle = await plannedBundle(contractPolicy);
  const { readSets } = policyReads(bundle, contractPolicy.entrypoints);
  const reads = new Map([...readSets].map(([path, { input }]) => [path, input]));
  expect(reads.size).toBeGreaterThan(0);
  return {
    createEngine: () => createWasmEngine({ bundle, paths: contractPolicy.entrypoints, reads }),
    slowSize: 1000,
    stop: () => Promise.resolve(),
  };
});

testEngineContract('wasm that remembers no results', async () => {
  const bundle = await build(contractPolicy);
  return {
    createEngine: () => createWasmEngine({ bundle, paths: contractPolicy.entrypoints, resultMemory: false }),
    slowSize: 1000,
    stop: () => Promise.resolve(),
  };
});

test.each([
  [true, 'is the same object'],
  [false, 'is an object of its own'],
])('a result that comes again, results remembered: %j, %s', async (resultMemory) => {
  const engine = await engineFor('result := {"a": input.a}', { resultMemory });
  const [one, other] = [await ask(engine, 'p/result', { a: 1 }), await ask(engine, 'p/result', { a: 1 })];
  expect(one).toEqual(other);
  expect(one === other).toBe(resultMemory);
});

async function build(sources: PolicySources): Promise<Bundle> {
  const bundle = await readBundle(await buildBundle(sources));
  if (!bundle.ok) throw bundle.error;
  return bundle.value;
}

/** An engine for the rule `p.result`. */
async function engineFor(rules: string, options: Partial<WasmEngineOptions> = {}): Promise<Engine> {
  const bundle = await build({ rego: `package p\n${rules}`, entrypoints: ['p/result'] });
  return createWasmEngine({ bundle, paths: ['p/result'], ...options });
}

async function refusal(options: WasmEngineOptions): Promise<{ code: string; message: string }> {
  const made = await createWasmEngine(options).then(
    () => undefined,
    (error: unknown) => error,
  );
  return made as { code: string; message: string };
}

describe('what cannot work is refused at load', () => {
  test('a decision path that the module was not compiled for, naming those it was', async () => {
    const bundle = await build({ rego: 'package p\nresult := 1\nother := 2', entrypoints: ['p/result', 'p/other'] });
    const { code, message } = await refusal({ bundle, paths: ['p/result', 'p/reslut'] });
    expect(code).toBe('bundle_invalid');
    expect(message).toContain('p/reslut');
    expect(message).toContain('p/other, p/result');
  });

  test('a bundle without WebAssembly', async () => {
    const bundle = await build({ rego: 'package p\nresult := 1', entrypoints: ['p/result'], target: 'rego' });
    expect(await refusal({ bundle, paths: ['p/result'] })).toMatchObject({ code: 'bundle_invalid' });
  });

  test.each([
    ['bytes that are no module', Uint8Array.from(Buffer.from('not a module'))],
    ['a module that OPA did not compile', Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
  ])('%s', async (_title, wasm) => {
    const bundle = await build(contractPolicy);
    expect(await refusal({ bundle: { ...bundle, wasm }, paths: [] })).toMatchObject({ code: 'bundle_invalid' });
  });

  test('data that does not fit in the memory allowed', async () => {
    const data = { large: 'x'.repeat(4 * 1024 * 1024) };
    const bundle = await build({ rego: 'package p\nresult := data.large', data, entrypoints: ['p/result'] });
    const refused = await refusal({ bundle, paths: ['p/result'], maxMemoryBytes: 4 * 1024 * 1024 });
    expect(refused).toMatchObject({ code: 'bundle_invalid' });
  });

  test('a built-in that is missing, with the rules that call it', async () => {
    const rego = `package p.q

remote(path, _) if http.send({"method": "get", "url": path}).status_code == 200

unrelated if 1 + input.number == 2

result if {
	unrelated
	remote(input.url, 1)
	count(net.lookup_ip_addr("localhost")) > input.number
}
`;
    const bundle = await build({ rego, entrypoints: ['p/q/result'] });
    const { code, message } = await refusal({ bundle, paths: ['p/q/result'] });
    expect(code).toBe('builtin_unsupported');
    expect(message).toContain('http.send (called by data.p.q.remote)');
    expect(message).toContain('net.lookup_ip_addr (called by data.p.q.result)');
  });
});

describe('after a failure', () => {
  test('thousands of conflicts leave the answers right', async () => {
    const engine = await engineFor('result := value if some value in input.values');
    for (let round = 0; round < 3_000; round += 1) {
      expect(codeOf(await ask(engine, 'p/result', { values: [round, 'other'] }))).toBe('policy_error');
    }
    expect(await ask(engine, 'p/result', { values: ['right'] })).toMatchObject({ result: 'right' });
  });

  test('input nested so deeply that the module runs out of stack is a policy error, the next answer is right', async () => {
    const engine = await engineFor('result := count(input.list)');
    const deep = rawDocument(`{"list":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
    const evaluation = await engine.evaluate({ path: 'p/result', input: deep, deadline: performance.now() + 10_000 });
    expect(codeOf(evaluation)).toBe('policy_error');
    expect(await ask(engine, 'p/result', { list: [1] })).toMatchObject({ result: 1 });
  });

  test('an evaluation that needs more memory than allowed is a policy error, the next answer is right', async () => {
    const engine = await engineFor('result := count(input.text)', { maxMemoryBytes: 8 * 1024 * 1024 });
    const text = 'x'.repeat(16 * 1024 * 1024);
    expect(codeOf(await ask(engine, 'p/result', { text }))).toBe('policy_error');
    expect(await ask(engine, 'p/result', { text: 'abc' })).toMatchObject({ result: 3 });
  });

  test.each(['', '{', '{"user":', 'nonsense'])(
    'input that is not JSON (%j) is a policy error, never no input',
    async (text) => {
      const engine = await engineFor('result if not input.user');
      const input = rawDocument(text);
      const evaluation = await engine.evaluate({ path: 'p/result', input, deadline: performance.now() + 10_000 });
      expect(codeOf(evaluation)).toBe('policy_error');
      expect(await ask(engine, 'p/result', { user: 'x' })).toMatchObject({ kind: 'undefined' });
    },
  );
});

describe('memory', () => {
  test('10,000 evaluations of inputs of all sizes need no more than the first hundred', async () => {
    const bundle = await build({
      rego: 'package p\nresult := {"text": concat(",", input.list), "now": time.now_ns() > 0}',
      entrypoints: ['p/result'],
    });
    const make = await compileBundle(bundle, { 'time.now_ns': () => 1n }, { maxMemoryBytes: 64 * 1024 * 1024 });
    const instance = make();
    const entrypoint = instance.entrypoints.get('p/result') ?? -1;
    const evaluate = (round: number): unknown => {
      const list = Array.from({ length: round % 100 }, (_, index) => 'x'.repeat(index * 10));
      return instance.evaluate(entrypoint, Buffer.from(JSON.stringify({ list })));
    };
    for (let round = 0; round < 100; round += 1) evaluate(round);
    const before = instance.memoryBytes;
    for (let round = 0; round < 10_000; round += 1) evaluate(round);
    expect(instance.memoryBytes).toBe(before);
    expect(evaluate(3)).toEqual({ text: ',xxxxxxxxxx,xxxxxxxxxxxxxxxxxxxx', now: true });
  });
});

describe('within one evaluation', () => {
  const rules = `
first := [time.now_ns(), uuid.rfc4122("a"), uuid.rfc4122("b")]
work := count([1 | some _ in numbers.range(1, 150); some _ in numbers.range(1, 150)])
second := [time.now_ns(), uuid.rfc4122("a"), uuid.rfc4122("b")] if work > 0
result := {"first": first, "second": second}
`;
  type Seen = { readonly first: readonly unknown[]; readonly second: readonly unknown[] };

  async function look(engine: Engine): Promise<Seen> {
    const evaluation = await ask(engine, 'p/result', {});
    if (evaluation.kind !== 'result') throw new Error(codeOf(evaluation));
    return evaluation.result as unknown as Seen;
  }

  test('the time and random values stay the same; the next evaluation sees others', async () => {
    const engine = await engineFor(rules);
    const one = await look(engine);
    expect(one.second).toEqual(one.first);
    expect(one.first[1]).not.toEqual(one.first[2]);
    await eventually(async () => {
      const other = await look(engine);
      expect(other.first[0]).not.toEqual(one.first[0]);
      expect(other.first[1]).not.toEqual(one.first[1]);
    });
  });
});

describe('the environment', () => {
  test('shows only what it was given', async () => {
    const engine = await engineFor('result := opa.runtime().env', { env: { REGION: 'eu' } });
    expect(await ask(engine, 'p/result', {})).toMatchObject({ result: { REGION: 'eu' } });
    expect(JSON.stringify(await ask(engine, 'p/result', {}))).not.toContain('PATH');
  });
});

describe('the host of the OPA project', () => {
  test.each([
    ['contract/allow', { user: 'alice' }],
    ['contract/allow', { user: 'bob' }],
    ['contract/verdict', { user: 'bob' }],
    ['contract/echo', { a: [1, 2.5, -3, true, null, { '': 'é \u{1f600}' }], b: '\u0000\u001f"\\/' }],
    ['contract/echo', []],
    ['contract/echo', 'text'],
    ['contract/set', { unsorted: [1] }],
    ['contract/handled_error', {}],
    ['contract/slow', { size: 20 }],
  ])('says the same about %s for %j', async (path, input) => {
    const bundle = await build(contractPolicy);
    const reference = await loadPolicy(
      bundle.wasm ?? new Uint8Array(),
      {},
      { 'time.parse_rfc3339_ns': () => undefined },
    );
    reference.setData(JSON.parse(JSON.stringify(bundle.data)));
    const [expected] = reference.evaluate(input, path) as readonly { readonly result: unknown }[];
    const engine = await createWasmEngine({ bundle, paths: [path] });
    const evaluation = await ask(engine, path, input);
    const result = evaluation.kind === 'result' ? JSON.parse(JSON.stringify(evaluation.result)) : undefined;
    expect(evaluation.kind).toBe(expected === undefined ? 'undefined' : 'result');
    expect(result).toEqual(expected?.result);
  });
});

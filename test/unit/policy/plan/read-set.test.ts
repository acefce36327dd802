import { describe, expect, test } from 'vitest';
import { readPaths } from '../../../../src/policy/plan/input-reads.js';
import { parsePlan } from '../../../../src/policy/plan/parse-plan.js';
import { policyReads } from '../../../../src/policy/plan/policy-reads.js';
import { readSetOf } from '../../../../src/policy/plan/read-set.js';

interface Statement {
  readonly type: string;
  readonly stmt: Readonly<Record<string, unknown>>;
}

const local = (value: number) => ({ type: 'local', value });
const text = (value: number) => ({ type: 'string_index', value });
const dot = (source: number, key: number, target: number): Statement => ({
  type: 'DotStmt',
  stmt: { source: local(source), key: text(key), target },
});
const answer = (value: number): Statement => ({ type: 'ResultSetAddStmt', stmt: { value } });

/** A plan with the strings `a`, `b`, `c`, `n3`, `n4`, … for the decision path `p`. */
function planOf(stmts: readonly unknown[] | null, funcs: readonly unknown[] = []): Uint8Array {
  const names = ['a', 'b', 'c', ...Array.from({ length: 40 }, (_, index) => `n${index + 3}`)];
  const strings = names.map((value) => ({ value }));
  const plans = { plans: [{ name: 'p', blocks: [{ stmts }] }] };
  return Buffer.from(JSON.stringify({ static: { strings }, plans, funcs: { funcs } }));
}

function readsOf(content: Uint8Array): unknown {
  const plan = parsePlan(content);
  if (!plan.ok) return plan.error;
  const readSet = readSetOf(plan.value, 'p');
  return readSet.ok ? readPaths(readSet.value.input) : readSet.error;
}

test('a chain of names is one place', () => {
  expect(readsOf(planOf([dot(0, 0, 2), dot(2, 1, 3), answer(3)]))).toEqual(['input.a.b']);
});

test('an empty block is written as null', () => {
  expect(readsOf(planOf(null))).toEqual([]);
});

test('what a block may have left in a local is remembered behind it', () => {
  const branch = { type: 'BlockStmt', stmt: { blocks: [{ stmts: [dot(0, 1, 2)] }] } };
  expect(readsOf(planOf([dot(0, 0, 2), branch, dot(2, 2, 3), answer(3)]))).toEqual(['input.a.c', 'input.b.c']);
});

test('what a loop left in a local is there in its next round', () => {
  const stmts = [dot(3, 2, 4), answer(4), dot(0, 1, 3)];
  const loop = { type: 'ScanStmt', stmt: { source: 2, key: 5, value: 6, block: { stmts } } };
  expect(readsOf(planOf([dot(0, 0, 2), loop]))).toEqual(['input.a', 'input.b.c']);
});

test('a rule that is found at run time reads what leads to it and what it reads', () => {
  const stmts = [
    dot(0, 0, 2),
    { type: 'CallDynamicStmt', stmt: { args: [0, 1], path: [text(1), local(2)], result: 3 } },
  ];
  const func = (path: string[], key: number) => ({
    name: path.join('.'),
    params: [0, 1],
    blocks: [{ stmts: [dot(0, key, 2), { type: 'ReturnLocalStmt', stmt: { source: 2 } }] }],
    path,
  });
  const reads = readsOf(planOf(stmts, [func(['b', 'x'], 1), func(['b'], 2), func(['c', 'x'], 3)]));
  expect(reads).toEqual(['input.a', 'input.b', 'input.c']);
  const plan = parsePlan(planOf(stmts));
  const readSet = plan.ok ? readSetOf(plan.value, 'p') : plan;
  expect(readSet.ok && readSet.value.input.members.get('a')?.whole).toBe(true);
});

describe('nothing is known of the reads', () => {
  test.each<[string, unknown]>([
    ['a kind of statement that is not known', [{ type: 'TeleportStmt', stmt: {} }]],
    [
      'a kind of operand that is not known',
      [{ type: 'DotStmt', stmt: { source: { type: 'x' }, key: text(0), target: 2 } }],
    ],
    ['an operand that is none', [{ type: 'EqualStmt', stmt: { a: local(0) } }]],
    ['a string that is not there', [dot(0, 99, 2)]],
    ['a local that is none', [{ type: 'ScanStmt', stmt: { source: 'x', key: 1, value: 2, block: { stmts: [] } } }]],
    ['arguments that are none', [{ type: 'CallStmt', stmt: { func: 'f', args: 1, result: 2 } }]],
    ['a call without a name', [{ type: 'CallStmt', stmt: { args: [], result: 2 } }]],
  ])('with %s', (_title, stmts) => {
    expect(readsOf(planOf(stmts as Statement[]))).toContain('the plan is not understood');
  });

  test('with a function that calls itself, or is called with too few arguments', () => {
    const call = (args: number[]) => ({ type: 'CallStmt', stmt: { func: 'f', args: args.map(local), result: 2 } });
    const func = (stmts: unknown[]) => ({ name: 'f', params: [0, 1], blocks: [{ stmts }], path: ['g0', 'f'] });
    expect(readsOf(planOf([call([0, 1])], [func([call([0, 1])])]))).toContain('f calls itself');
    expect(readsOf(planOf([call([0])], [func([])]))).toContain('a call of f');
    expect(readsOf(planOf([call([0, 1])], [func([])]))).toEqual([]);
  });

  test('of a decision path that the plan was not made for', () => {
    const plan = parsePlan(planOf([]));
    expect(plan.ok && readSetOf(plan.value, 'q')).toEqual({
      ok: false,
      error: 'the plan was not made for the decision path q',
    });
  });

  test('of a bundle without a plan, or with a broken one', () => {
    const manifest = { revision: 'r', roots: [''], entrypoints: [] };
    const bundle = { manifest, data: {}, sources: new Map<string, string>(), wasm: undefined };
    expect(policyReads(bundle, ['p']).gaps.get('p')).toBe('the bundle has no plan.json');
    const broken = policyReads({ ...bundle, plan: Buffer.from('{') }, ['p']);
    expect([broken.readSets.size, broken.gaps.get('p')]).toEqual([0, 'its plan.json is not JSON']);
    expect(policyReads({ ...bundle, plan: planOf([]) }, ['p', 'q']).readSets.has('p')).toBe(true);
  });
});

describe('no plan', () => {
  test.each([
    ['an array', '[]'],
    ['without plans', '{"static":{}}'],
    ['with a block that is none', '{"static":{},"plans":{"plans":[{"name":"p","blocks":[1]}]}}'],
    ['with a statement that is none', '{"static":{},"plans":{"plans":[{"name":"p","blocks":[{"stmts":[1]}]}]}}'],
    ['with a statement without a kind', '{"static":{},"plans":{"plans":[{"name":"p","blocks":[{"stmts":[{}]}]}]}}'],
  ])('%s', (_title, content) => {
    expect(parsePlan(Buffer.from(content))).toMatchObject({ ok: false });
  });

  test('one nested so deeply that it could exhaust the stack', () => {
    let stmts: unknown[] = [];
    for (let depth = 0; depth < 600; depth += 1) stmts = [{ type: 'NotStmt', stmt: { block: { stmts } } }];
    expect(readsOf(planOf(stmts))).toContain('nested too deeply');
  });
});

test('a plan that would take for ever is given up', () => {
  const call = (func: number) => ({
    type: 'CallStmt',
    stmt: { func: `f${func}`, args: [local(0), local(1)], result: 5 },
  });
  const add = { type: 'AssignVarStmt', stmt: { source: local(2), target: 1 } };
  const either = { type: 'BlockStmt', stmt: { blocks: [{ stmts: [add] }] } };
  const funcs = Array.from({ length: 31 }, (_, index) => {
    const stmts = index < 30 ? [dot(0, index, 2), call(index + 1), either, call(index + 1)] : [];
    return { name: `f${index}`, params: [0, 1], blocks: [{ stmts }], path: [] };
  });
  expect(readsOf(planOf([call(0)], funcs))).toContain('too large');
});

import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/json/json.js';
import { applyPatch, parsePatch } from '../../../../src/policy/follow/apply-patch.js';

const data: JsonObject = { shop: { employees: { alice: ['manager'], 'a/b': 1 }, list: ['x', 'y'] } };

function patched(...operations: readonly object[]) {
  const parsed = parsePatch(Buffer.from(JSON.stringify({ data: operations })));
  const result = parsed.ok ? applyPatch(data, parsed.value) : parsed;
  return result.ok ? JSON.parse(JSON.stringify(result.value)) : result.error;
}

test('C-55 a value is put, replaced and taken away; what was there before is untouched', () => {
  const before = JSON.stringify(data);
  expect(patched({ op: 'upsert', path: '/shop/employees/kelly', value: ['car_admin'] }).shop.employees.kelly).toEqual([
    'car_admin',
  ]);
  expect(patched({ op: 'replace', path: '/shop/employees/alice', value: [] }).shop.employees.alice).toEqual([]);
  expect(patched({ op: 'remove', path: '/shop/employees/alice' }).shop.employees).toEqual({ 'a/b': 1 });
  expect(JSON.stringify(data)).toBe(before);
});

test('an upsert makes the objects on its way; changes follow one another', () => {
  const result = patched(
    { op: 'upsert', path: '/shop/new/deep/value', value: 1 },
    { op: 'replace', path: '/shop/new/deep/value', value: 2 },
  );
  expect(result.shop.new).toEqual({ deep: { value: 2 } });
});

test('names are JSON pointers', () => {
  expect(patched({ op: 'replace', path: '/shop/employees/a~1b', value: 2 }).shop.employees['a/b']).toBe(2);
});

test('members of lists: an upsert inserts, the rest is in place', () => {
  expect(patched({ op: 'upsert', path: '/shop/list/1', value: 'z' }).shop.list).toEqual(['x', 'z', 'y']);
  expect(patched({ op: 'upsert', path: '/shop/list/-', value: 'z' }).shop.list).toEqual(['x', 'y', 'z']);
  expect(patched({ op: 'replace', path: '/shop/list/0', value: 'z' }).shop.list).toEqual(['z', 'y']);
  expect(patched({ op: 'remove', path: '/shop/list/0' }).shop.list).toEqual(['y']);
});

describe('nothing is changed by', () => {
  test.each([
    ['an operation that OPA does not have', { op: 'move', path: '/shop/a', value: 1 }],
    ['all of data', { op: 'upsert', path: '/', value: {} }],
    ['a path that is no pointer', { op: 'upsert', path: '/shop/~2', value: 1 }],
    ['no value', { op: 'upsert', path: '/shop/a' }],
    ['replacing what is not there', { op: 'replace', path: '/shop/nobody', value: 1 }],
    ['removing what is not there', { op: 'remove', path: '/shop/nobody' }],
    ['a way through a text', { op: 'upsert', path: '/shop/list/0/a', value: 1 }],
    ['a place beyond the end of a list', { op: 'upsert', path: '/shop/list/7', value: 1 }],
    ['a name in a list', { op: 'upsert', path: '/shop/list/first', value: 1 }],
  ])('%s', (_what, operation) => {
    expect(patched(operation)).toEqual(expect.any(String));
  });
});

test('a name that JavaScript gives a meaning is a name like any other', () => {
  const result = patched({ op: 'upsert', path: '/shop/__proto__/polluted', value: true });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(Object.keys(result.shop)).toContain('__proto__');
});

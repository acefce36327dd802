import { describe, expect, test } from 'vitest';
import { compareData, compareRules } from '../../../../src/policy/workshop/diff.js';
import { lintModules } from '../../../../src/policy/workshop/lint.js';
import type { RegoModule, RegoRule } from '../../../../src/policy/workshop/rego-modules.js';

function rule(name: string, more: Partial<RegoRule> = {}): RegoRule {
  const plain = { line: 3, isDefault: false, isFunction: false, alwaysDefined: false, allows: false, digest: name };
  return { name, ...plain, ...more };
}

function module(file: string, name: string, ...rules: readonly RegoRule[]): RegoModule {
  return { file, package: name.split('.'), packageLine: 1, rules };
}

const named = (modules: readonly RegoModule[], ...entrypoints: readonly string[]) =>
  lintModules(modules, entrypoints).map(({ file, line, rule: name }) => `${file}:${line} ${name}`);

describe('the package begins with the folder', () => {
  test.each([
    ['authz.rego', 'any.thing', true],
    ['shop/authz.rego', 'shop', true],
    ['shop/authz.rego', 'shop.authz', true],
    ['shop/authz.rego', 'authz', false],
    ['shop/authz/a.rego', 'shop', false],
    ['shop/authz_test.rego', 'shop_test', true],
    ['shop/authz.rego', 'shop_test', false],
    ['shop_test/authz_test.rego', 'shop_test', true],
  ])('%s with package %s: %s', (file, name, fits) => {
    expect(named([module(file, name)])).toEqual(fits ? [] : [`${file}:1 package-folder`]);
  });
});

describe('a decision path', () => {
  const conditional = rule('allow', { line: 5 });
  const fallback = rule('allow', { isDefault: true, alwaysDefined: true });
  test.each<[string, readonly RegoRule[], readonly string[]]>([
    ['without a default', [conditional], ['a.rego:5 missing-default']],
    ['with a default', [fallback, conditional], []],
    ['with a value whatever comes', [rule('allow', { alwaysDefined: true })], []],
    ['whose default allows', [{ ...fallback, allows: true }, conditional], ['a.rego:3 default-allows']],
    ['that is no decision path', [rule('other')], []],
  ])('%s', (_case, rules, expected) => {
    expect(named([module('a.rego', 'shop', ...rules)], 'shop/allow')).toEqual(expected);
  });

  test('may have its default in another file of the package', () => {
    const modules = [module('a.rego', 'shop', conditional), module('b.rego', 'shop', fallback)];
    expect(named(modules, 'shop/allow')).toEqual([]);
  });

  test('has no use for the default of a test or of another package', () => {
    const modules = [
      module('a.rego', 'shop', conditional),
      module('a_test.rego', 'shop', fallback),
      module('b.rego', 'shop.deep', fallback),
    ];
    expect(named(modules, 'shop/allow')).toEqual(['a.rego:5 missing-default']);
  });

  test('may lie below its package', () => {
    expect(named([module('a.rego', 'shop', rule('limits.daily'))], 'shop/limits/daily')).toEqual([
      'a.rego:3 missing-default',
    ]);
  });
});

test('a test belongs into a file of tests', () => {
  const tests = [rule('test_a'), rule('todo_test_b'), rule('testing')];
  expect(named([module('a.rego', 'a', ...tests)])).toEqual(['a.rego:3 test-file', 'a.rego:3 test-file']);
  expect(named([module('a_test.rego', 'a', ...tests)])).toEqual([]);
});

test('rules are compared by package and name, with all their bodies', () => {
  const before = [module('a.rego', 'p', rule('x', { digest: '1' }), rule('x', { digest: '2' }), rule('gone'))];
  const moved = [module('b.rego', 'p', rule('x', { digest: '1', line: 9 }), rule('x', { digest: '2' }), rule('gone'))];
  expect(compareRules(before, moved)).toEqual([]);
  const after = [module('b.rego', 'p', rule('x', { digest: '1', line: 9 }), rule('new'))];
  expect(compareRules(before, after)).toEqual([
    { kind: 'removed', name: 'data.p.gone', place: 'a.rego:3' },
    { kind: 'added', name: 'data.p.new', place: 'b.rego:3' },
    { kind: 'changed', name: 'data.p.x', place: 'b.rego:9' },
  ]);
});

test('data is compared member by member, arrays as a whole', () => {
  const before = { a: { b: 1, c: [1, 2], gone: null }, same: { x: [{ y: 1, z: 2 }] } };
  const after = { a: { b: 1, c: [2, 1], 'new one': {} }, same: { x: [{ z: 2, y: 1 }] } };
  expect(compareData(before, after).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'changed data.a.c',
    'removed data.a.gone',
    'added data.a.new one',
  ]);
  expect(compareData({ a: {} }, { a: [] }).map(({ kind }) => kind)).toEqual(['changed']);
});

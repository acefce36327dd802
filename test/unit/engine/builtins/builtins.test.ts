import { describe, expect, test } from 'vitest';
import { createBuiltins, supportedBuiltins } from '../../../../src/engine/wasm/builtins/builtins.js';
import { JsonNumber } from '../../../../src/json/json.js';
import { call, context } from './context.js';

describe('what a policy learns of its surroundings', () => {
  test('time.now_ns keeps every digit', () => {
    expect(call('time.now_ns')).toEqual(new JsonNumber('1700000000123456789'));
  });

  test('opa.runtime shows the listed variables and nothing else', () => {
    expect(call('opa.runtime')).toEqual({ env: { REGION: 'eu' } });
  });

  test('uuid.rfc4122 is a version 4 UUID, the same for the same key', () => {
    const uuid = call('uuid.rfc4122', 'a');
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(call('uuid.rfc4122', 'a')).toBe(uuid);
  });

  test('rand.intn stays below its limit, the same for the same name and limit', () => {
    const drawn = call('rand.intn', 'dice', 6);
    expect([0, 1, 2, 3, 4, 5]).toContain(drawn);
    expect(call('rand.intn', 'dice', 6)).toBe(drawn);
    expect(call('rand.intn', 'dice', -6)).toBe(drawn);
  });
});

describe('which there are', () => {
  test.each(['http.send', 'net.lookup_ip_addr', 'constructor', '__proto__', 'toString'])(
    '%s is not among them',
    (name) => {
      expect(supportedBuiltins.has(name)).toBe(false);
      expect(createBuiltins(context)[name]).toBeUndefined();
    },
  );
});

describe('limits of what cannot be interrupted', () => {
  test.each([
    ['a block beyond a /16', 'net.cidr_expand', ['10.0.0.0/15']],
    ['all of IPv6', 'net.cidr_expand', ['::/0']],
    ['a range beyond a million', 'numbers.range_step', [0, 1_000_000_000_000, 1]],
    ['an exponent beyond reason', 'units.parse', ['1e999999']],
    ['a step of more than a million years', 'time.add_date', [0, 1_000_001, 0, 0]],
  ])('%s is undefined', (_title, name, operands) => {
    expect(call(name, ...operands)).toBeUndefined();
  });

  test('a graph with exponentially many paths is undefined', () => {
    const graph: Record<string, string[]> = {};
    for (let layer = 0; layer < 40; layer++) {
      for (const side of ['a', 'b']) graph[`${side}${layer}`] = [`a${layer + 1}`, `b${layer + 1}`];
    }
    expect(call('graph.reachable_paths', graph, ['a0'])).toBeUndefined();
  });

  test('a pattern that makes a backtracking engine run for ever is answered', () => {
    expect(call('regex.replace', `${'a'.repeat(50_000)}!`, '^(a+)+$', 'x')).toHaveLength(50_001);
    expect(call('regex.find_n', '(x+x+)+y', 'x'.repeat(5_000), -1)).toEqual([]);
  });

  test('a pattern in which two groups have one name is undefined', () => {
    expect(call('regex.split', '(?P<x>a)(?P<x>b)', 'ab')).toBeUndefined();
  });

  test('sprintf fills up to the greatest width of Go, and no further', () => {
    expect(call('sprintf', '%1000000d', [1])).toHaveLength(1_000_000);
    expect(call('sprintf', '%99999999d', [1])).toBe('%!(NOVERB)%!(EXTRA int64=1)');
  });
});

describe('names a client chooses', () => {
  test('urlquery.decode_object takes __proto__ for a name like any other', () => {
    const decoded = call('urlquery.decode_object', '__proto__=x&a=1') as Record<string, unknown>;
    expect(Object.getPrototypeOf(decoded)).toBeNull();
    expect(Object.entries(decoded)).toEqual([
      ['__proto__', ['x']],
      ['a', ['1']],
    ]);
  });

  test('object.subset does not find what objects inherit', () => {
    expect(call('object.subset', {}, { toString: 1 })).toBe(false);
  });

  test.each(['../../etc/passwd', 'europe/berlin', '+01:00', '__proto__'])('%s is no time zone', (zone) => {
    expect(call('time.clock', [0, zone])).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { parseRego } from '../../../src/engine/wasm/parse-rego.js';
import { RegoSet } from '../../../src/engine/wasm/rego-set.js';
import { withoutSets } from '../../../src/engine/wasm/without-sets.js';
import { writeRego } from '../../../src/engine/wasm/write-rego.js';
import { JsonNumber } from '../../../src/json/json.js';

describe('what the module wrote', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['true', true],
    ['false', false],
    ['"a"', 'a'],
    ['""', ''],
    ['"\\"\\\\\\n\\u0001/"', '"\\\n\u0001/'],
    ['"ends with a backslash\\\\"', 'ends with a backslash\\'],
    ['0', 0],
    ['-1.5', -1.5],
    ['1.0', new JsonNumber('1.0')],
    ['1e400', new JsonNumber('1e400')],
    ['12345678901234567890', new JsonNumber('12345678901234567890')],
    ['[]', []],
    ['[1, [2], "a"]', [1, [2], 'a']],
    ['{}', {}],
    ['{"a": {"b": 1}, "c": []}', { a: { b: 1 }, c: [] }],
    ['{"__proto__": 1}', JSON.parse('{"__proto__":1}')],
    ['{1: "a", null: 2, [1, "x"]: 3}', { 1: 'a', null: 2, '[1,"x"]': 3 }],
    ['set()', []],
    ['{3, 1, 2}', [1, 2, 3]],
    ['{{"result": true}}', [{ result: true }]],
  ])('%s is read', (text, value) => {
    expect(withoutSets(parseRego(text))).toEqual(value);
  });

  test.each(['', 'nul', '[1', '{"a"', '{"a":}', '"a', '1 2', '{1,', 'undefined', 'set('])('%j is refused', (text) => {
    expect(() => parseRego(text)).toThrow(SyntaxError);
  });

  test('sets are in the order of OPA: null, booleans, numbers, strings, arrays, objects, sets', () => {
    const text =
      '{{1}, {"b": 1}, {"a": 2}, [2], [1, 5], "b", "a", 10, 9.5, 12345678901234567891, 12345678901234567890, true, false, null}';
    expect(writeRego(withoutSets(parseRego(text)))).toBe(
      '[null,false,true,9.5,10,12345678901234567890,12345678901234567891,"a","b",[1,5],[2],{"a":2},{"b":1},[1]]',
    );
  });

  test('a built-in can tell a set from an array', () => {
    const [set, array] = parseRego('[{1, 2}, [1, 2]]') as readonly [unknown, unknown];
    expect(set).toBeInstanceOf(RegoSet);
    expect(array).not.toBeInstanceOf(RegoSet);
    expect((set as RegoSet).map((element) => element)).not.toBeInstanceOf(RegoSet);
  });
});

describe('what a built-in returned', () => {
  test.each<[unknown, string]>([
    [1763891100000000001n, '1763891100000000001'],
    [new JsonNumber('1.0'), '1.0'],
    ['é "\\\n', '"é \\"\\\\\\n"'],
    [new Set([1, 'a']), '{1,"a"}'],
    [RegoSet.from([]), 'set()'],
    [{ a: undefined, b: [null, true] }, '{"b":[null,true]}'],
  ])('%s is written', (value, text) => {
    expect(writeRego(value)).toBe(text);
  });

  test.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [undefined],
    [[undefined]],
    [() => 1],
    ['\ud800'],
    [{ '\udfff': 1 }],
  ])('%s is refused', (value) => {
    expect(() => writeRego(value)).toThrow(TypeError);
  });
});

import { expect, test } from 'vitest';
import { parseJson } from '../../../../src/json/parse.js';
import { canonicalJson } from '../../../../src/policy/bundle/canonical-json.js';

function canonical(text: string): string {
  const value = parseJson(text);
  return value.ok ? canonicalJson(value.value) : value.error;
}

test.each([
  [
    'names in the order of their bytes',
    '{"\ud83d\ude00":1,"\uffee":2,"b":3,"a b":4,"Z":5}',
    '{"Z":5,"a b":4,"b":3,"\uffee":2,"\ud83d\ude00":1}',
  ],
  [
    'numbers as they are written',
    '[1.0, 1e3, -0, 12345678901234567890123, 1E400]',
    '[1.0,1e3,-0,12345678901234567890123,1E400]',
  ],
  ['the last of two values', '{"a": 1, "a": 2}', '{"a":2}'],
  [
    'no escapes but the necessary ones',
    '"<&>\\/\\u00e9\\u0001\\u007f\\u2028\\u2029"',
    '"<&>/é\\u0001\x7f\\u2028\\u2029"',
  ],
  ['separators in names too', '{"\\u2028":1}', '{"\\u2028":1}'],
  ['a lone surrogate as Go reads it', '"\\ud800"', '"\ufffd"'],
  ['nothing', '{"a":[],"b":{},"c":null,"d":""}', '{"a":[],"b":{},"c":null,"d":""}'],
  ['names of every object as names', '{"__proto__":{"b":1},"constructor":2}', '{"__proto__":{"b":1},"constructor":2}'],
])('%s', (_case, text, expected) => {
  expect(canonical(text)).toBe(expected);
});

test('neither depth nor length exhausts the stack', () => {
  const deep = `${'[{"a":'.repeat(4500)}1${'}]'.repeat(4500)}`;
  expect(canonical(deep)).toBe(deep);
  const long = `[${Array.from({ length: 300_000 }, () => '1').join(',')}]`;
  expect(canonical(long)).toBe(long);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeJson } from '../../../src/json/encode.js';
import { JsonNumber } from '../../../src/json/json.js';
import { parseJson, parseJsonBytes } from '../../../src/json/parse.js';

const refused: readonly (readonly [string, string])[] = [
  ['', 'EOF'],
  [' \n', 'EOF'],
  ['nul', 'unexpected EOF'],
  ['{"a":', 'unexpected EOF'],
  ['[1,2', 'unexpected EOF'],
  ['"abc', 'unexpected EOF'],
  ['"\\', 'unexpected EOF'],
  ['"\\u00', 'unexpected EOF'],
  ['-', 'unexpected EOF'],
  ['1.', 'unexpected EOF'],
  ['1e+', 'unexpected EOF'],
  ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
  ['/*c*/1', "invalid character '/' looking for beginning of value"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['"a\tb"', "invalid character '\\t' in string literal"],
  ['"a\u0000b"', "invalid character '\\x00' in string literal"],
  ['"\\x41"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['NaN', "invalid character 'N' looking for beginning of value"],
  ['Infinity', "invalid character 'I' looking for beginning of value"],
  ['-x', "invalid character 'x' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1ex', "invalid character 'x' in exponent of numeric literal"],
  ['trux', "invalid character 'x' in literal true (expecting 'e')"],
  ['01', "error: invalid character '1' after top-level value"],
  ['{"a":1} x', "invalid character 'x' looking for beginning of value"],
  ['{"a":1}{"b":2}', "error: invalid character '{' after top-level value"],
  ['1 true', "error: invalid character '%!s(bool=true)' after top-level value"],
  ['+1', "invalid character '+' looking for beginning of value"],
  ['.5', "invalid character '.' looking for beginning of value"],
];

describe('parseJson', () => {
  test.each(refused)('refuses %j in the words of Go', (text, error) => {
    expect(parseJson(text)).toEqual({ ok: false, error });
  });

  test.each([
    '1.0',
    '1e3',
    '1E400',
    '-0',
    '1.10',
    '12345678901234567890123',
    '9007199254740993',
    '9223372036854775807',
    '1e-07',
    '1e+21',
    '0.10',
  ])('keeps the text of %s', (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: new JsonNumber(text) });
  });

  test.each(['0', '1', '-1', '1.5', '0.1', '9007199254740992', '1e-7'])('%s is an ordinary number', (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: Number(text) });
  });

  test('objects have no prototype, so that __proto__ is a name like any other', () => {
    const parsed = parseJson('{"__proto__":{"x":1},"constructor":2,"":3}');
    expect(parsed.ok && Object.getPrototypeOf(parsed.value)).toBe(null);
    expect(parsed.ok && Object.keys(parsed.value as object).sort()).toEqual(['', '__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('the last of two equal names wins, or the text is refused', () => {
    expect(parseJson('{"a":1,"a":2}')).toMatchObject({ ok: true, value: { a: 2 } });
    expect(parseJson('{"a":1,"\\u0061":2}', { duplicateNames: 'refuse' }).ok).toBe(false);
    expect(parseJson('[{"a":1},{"a":2}]', { duplicateNames: 'refuse' }).ok).toBe(true);
  });

  test.each([
    ['"\\ud800"', '\ufffd'],
    ['"\\ud800\\ud800"', '\ufffd\ufffd'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\udc00x"', '\ufffdx'],
    ['"\\u00e9\\n\\/"', 'é\n/'],
  ])('escapes of %s', (text, value) => {
    expect(parseJson(text)).toEqual({ ok: true, value });
  });

  test('nesting: 10000 levels pass, one more is refused, and no depth exhausts the stack', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(10_000)).ok).toBe(true);
    expect(parseJson(nested(10_001))).toEqual({ ok: false, error: 'exceeded max depth' });
    expect(parseJson('{"a":'.repeat(2_000_000)).ok).toBe(false);
    expect(parseJson('[[1]]', { maxDepth: 1 }).ok).toBe(false);
    expect(parseJson('[1,[]]', { maxDepth: 2 }).ok).toBe(true);
  });

  test('a null behind the value counts for nothing only where OPA is imitated', () => {
    expect(parseJson('1 null', { trailingNull: 'accept' })).toEqual({ ok: true, value: 1 });
    expect(parseJson('1 null').ok).toBe(false);
  });

  test('each invalid byte is one U+FFFD', () => {
    const text = (...bytes: number[]) => parseJsonBytes(Uint8Array.from([0x22, ...bytes, 0x22]));
    expect(text(0xff)).toEqual({ ok: true, value: '\ufffd' });
    expect(text(0xe2, 0x82)).toEqual({ ok: true, value: '\ufffd\ufffd' });
    expect(text(0xf0, 0x9f, 0x98)).toEqual({ ok: true, value: '\ufffd\ufffd\ufffd' });
    expect(text(0xc0, 0xaf)).toEqual({ ok: true, value: '\ufffd\ufffd' });
    expect(text(0xed, 0xa0, 0x80)).toEqual({ ok: true, value: '\ufffd\ufffd\ufffd' });
    expect(text(0xc3, 0xa9)).toEqual({ ok: true, value: 'é' });
    expect(parseJsonBytes(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)).ok).toBe(false);
  });
});

describe('agreement with JSON.parse', () => {
  const nativeAccepts = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  test('the same texts are accepted', () => {
    const nearJson = fc.string({ unit: fc.constantFrom(...'{}[]":,\\ \t\n0123-+.eEutrfalsn'), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(nearJson, fc.json(), fc.string()), (text) => {
        expect(parseJson(text).ok).toBe(nativeAccepts(text));
      }),
      { numRuns: 3000 },
    );
  });

  test('what is read and written again means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = parseJson(JSON.stringify(value));
        expect(parsed.ok).toBe(true);
        if (parsed.ok) expect(JSON.parse(encodeJson(parsed.value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 1000 },
    );
  });

  test('number text survives', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        const parsed = parseJson(text);
        expect(parsed.ok && encodeJson(parsed.value)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

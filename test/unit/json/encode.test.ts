import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInputDocument } from '../../../src/check/input/input-document.js';
import { encodeJson } from '../../../src/json/encode.js';
import { JsonNumber, type JsonValue } from '../../../src/json/json.js';
import { parseJson } from '../../../src/json/parse.js';

test.each<readonly [JsonValue, string]>([
  [null, 'null'],
  [true, 'true'],
  [1.5, '1.5'],
  [-0, '-0'],
  [Number.NaN, '"NaN"'],
  [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  [new JsonNumber('1E400'), '1E400'],
  [Uint8Array.of(1, 2), '"AQI="'],
  [new Uint8Array(), '""'],
  ['a"\\\n\u2028é😀', '"a\\"\\\\\\n\u2028é😀"'],
  ['\ud800x', '"\ufffdx"'],
  [[1, [], 'x'], '[1,[],"x"]'],
  [{ a: undefined, b: 1 }, '{"b":1}'],
  [{ a: undefined }, '{}'],
  [{ 'q"': {} }, '{"q\\"":{}}'],
])('%j is written as %s', (value, text) => {
  expect(encodeJson(value)).toBe(text);
});

test('bytes that are a part of a larger buffer', () => {
  expect(encodeJson(Uint8Array.of(9, 1, 2, 9).subarray(1, 3))).toBe('"AQI="');
});

test('agrees with JSON.stringify', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(JSON.stringify(JSON.parse(encodeJson(value as JsonValue)))).toBe(JSON.stringify(value));
    }),
    { numRuns: 1000 },
  );
});

test.each(['[', '{"a":'])('depth does not exhaust the stack: %s', (open) => {
  const text = `${open.repeat(9_000)}1${(open === '[' ? ']' : '}').repeat(9_000)}`;
  const parsed = parseJson(text);
  expect(parsed.ok && encodeJson(parsed.value)).toBe(text);
});

test('the input document is encoded once, into a buffer of its own length', () => {
  const document = createInputDocument({ a: 'é' });
  expect(new TextDecoder().decode(document.encoded)).toBe('{"a":"é"}');
  expect(document.encoded.buffer.byteLength).toBe(10);
  expect(document.encoded).toBe(document.encoded);
});

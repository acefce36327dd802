import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToText, isWellFormed, textToBytes } from '../../../../src/engine/wasm/builtins/rego/bytes.js';
import { call } from './context.js';

describe('strings that are not UTF-8', () => {
  test('any bytes come back from text unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Uint8Array.from(textToBytes(bytesToText(bytes)))).toEqual(bytes);
      }),
    );
  });

  test('two secrets never become one text', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(bytesToText(a) === bytesToText(b)).toBe(Buffer.compare(a, b) === 0);
      }),
    );
  });

  test.each([
    [[0xff], '\udcff'],
    [[0xc0, 0xaf], '\udcc0\udcaf'],
    [[0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    [[0xe2, 0x82], '\udce2\udc82'],
    [[0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
    [[0x61, 0xe2, 0x82, 0xac], 'a€'],
  ])('%j reads as %j', (bytes, text) => {
    expect(bytesToText(Uint8Array.from(bytes))).toBe(text);
  });

  test('UTF-8 is well-formed, an escaped byte is not', () => {
    expect(isWellFormed('é😀')).toBe(true);
    expect(isWellFormed('\udcff')).toBe(false);
  });

  test('hashes and MACs are of the bytes', () => {
    expect(call('hex.encode', bytesToText(Uint8Array.of(0xff, 0, 0x61)))).toBe('ff0061');
    const [one, other] = [0xfe, 0xff].map((byte) => bytesToText(Uint8Array.of(byte)));
    expect(call('crypto.hmac.sha256', 'm', one)).not.toBe(call('crypto.hmac.sha256', 'm', other));
    expect(call('crypto.hmac.equal', one, other)).toBe(false);
  });

  test.each([
    ['hex.decode', 'ff'],
    ['urlquery.decode', '%ff'],
    ['urlquery.decode_object', 'a=%ff'],
    ['urlquery.decode_object', '%ff=a'],
  ])('%s(%j) is undefined rather than another text', (name, text) => {
    expect(call(name, text)).toBeUndefined();
  });
});

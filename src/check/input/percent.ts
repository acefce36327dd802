import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../../errors/result.js';
import { goQuote } from '../../json/go-quote.js';

/**
 * Percent-decodes text to bytes; `+` becomes a space when asked to, as in query strings.
 *
 * @returns the bytes, or Go's words for the first bad escape
 */
export function percentDecode(text: string, plus: 'literal' | 'space'): Result<Uint8Array, string> {
  const source = Buffer.from(text, 'utf8');
  const decoded = Buffer.allocUnsafe(source.length);
  let length = 0;
  for (let at = 0; at < source.length; at += 1) {
    let byte = source[at] ?? 0;
    if (byte === 0x25) {
      const high = hexDigit(source[at + 1]);
      const low = hexDigit(source[at + 2]);
      if (high < 0 || low < 0) return fail(`invalid URL escape ${goQuote(source.subarray(at, at + 3))}`);
      byte = high * 16 + low;
      at += 2;
    } else if (byte === 0x2b && plus === 'space') {
      byte = 0x20;
    }
    decoded[length] = byte;
    length += 1;
  }
  return ok(decoded.subarray(0, length));
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

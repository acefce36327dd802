import { bytesToText, textToBytes } from '../rego/bytes.js';

const unescaped = /[A-Za-z0-9\-_.~]/;

/** Go's `url.QueryEscape`: a space becomes `+`, and only letters, digits and `-_.~` stay. */
export function queryEscape(text: string): string {
  let escaped = '';
  for (const byte of textToBytes(text)) {
    const character = String.fromCharCode(byte);
    if (character === ' ') escaped += '+';
    else escaped += unescaped.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

/** Go's `url.QueryUnescape`: undefined for a `%` that two hexadecimal digits do not follow. */
export function queryUnescape(text: string): string | undefined {
  const bytes: number[] = [];
  const source = textToBytes(text);
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0;
    if (byte !== 0x25) {
      bytes.push(byte === 0x2b ? 0x20 : byte);
      continue;
    }
    const digits = source.toString('latin1', at + 1, at + 3);
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined;
    bytes.push(Number.parseInt(digits, 16));
    at += 2;
  }
  return bytesToText(Uint8Array.from(bytes));
}

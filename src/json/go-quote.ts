import { Buffer, isUtf8 } from 'node:buffer';

const shortEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Text between double quotes as Go's `%q` writes it, so that compatible error texts agree with opa-envoy-plugin's. */
export function goQuote(bytes: Uint8Array): string {
  let quoted = '"';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    const piece = bytes.subarray(at, at + Math.max(length, 1));
    quoted += length === 0 ? hex('\\x', piece[0] ?? 0, 2) : escapeCharacter(Buffer.from(piece).toString('utf8'), '"');
    at += piece.length;
  }
  return `${quoted}"`;
}

/** One byte between single quotes, as Go's encoding/json names an offending character. */
export function goQuoteByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return character === "'" ? "'\\''" : `'${escapeCharacter(character, undefined)}'`;
}

function escapeCharacter(character: string, quote: string | undefined): string {
  if (character === quote) return `\\${quote}`;
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  if (printable.test(character)) return character;
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x20 || point === 0x7f) return hex('\\x', point, 2);
  return point > 0xffff ? hex('\\U', point, 8) : hex('\\u', point, 4);
}

function characterLength(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

function hex(prefix: string, value: number, digits: number): string {
  return prefix + value.toString(16).padStart(digits, '0');
}

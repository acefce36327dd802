import { Buffer, isUtf8 } from 'node:buffer';

const replacement = '\ufffd';

/**
 * Text of UTF-8 bytes; each byte that is not part of a valid sequence becomes one U+FFFD. That is how
 * Go, and so OPA, reads bytes; `TextDecoder` puts one replacement for a whole broken sequence.
 * A byte order mark is kept.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString('utf8') : decodeBroken(buffer);
}

function decodeBroken(buffer: Buffer): string {
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(buffer.toString('utf8', from, at), replacement);
    at += 1;
    from = at;
  }
  parts.push(buffer.toString('utf8', from, at));
  return parts.join('');
}

/** The byte that the character at `index` of {@link decodeUtf8}'s text was made of, its first if there are several. */
export function byteAt(bytes: Uint8Array, index: number): number {
  let at = 0;
  for (let units = 0; units < index; ) {
    const length = sequenceLength(bytes, at);
    units += length === 4 ? 2 : 1;
    at += Math.max(length, 1);
  }
  return bytes[at] ?? 0;
}

/** Bytes of the valid sequence that begins at `at`, 0 if there is none (RFC 3629, table 3-7 of Unicode). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let next = at + 2; next < at + length; next += 1) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

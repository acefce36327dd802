import { isUtf8 } from 'node:buffer';

const escapedByte = /[\udc80-\udcff]/u;
const loneSurrogate = /\p{Surrogate}/u;
const everyLoneSurrogate = /\p{Surrogate}/gu;

/**
 * Text whose bytes come back from {@link textToBytes} unchanged. Rego strings are bytes: a secret
 * out of `base64.decode` is seldom UTF-8, and replacing its bytes by U+FFFD would make many
 * secrets one and the same. A byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte.
 */
export function bytesToText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    text += length === 0 ? String.fromCharCode(0xdc00 + (buffer[at] ?? 0)) : buffer.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** Bytes of the well-formed UTF-8 sequence at `at`, 0 if there is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length)) ? length : 0;
}

export function textToBytes(text: string): Buffer {
  if (!escapedByte.test(text)) return Buffer.from(text, 'utf8');
  const pieces = text.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    pieces.map((piece, index) => {
      return index % 2 === 1 ? Buffer.from([piece.charCodeAt(0) - 0xdc00]) : Buffer.from(piece, 'utf8');
    }),
  );
}

/** Whether the text stands for UTF-8: WebAssembly refuses to take any other. */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text);
}

/** Each byte that is not UTF-8, and each lone surrogate, as U+FFFD, as Go's JSON decoder has it. */
export function replaceIllFormed(text: string): string {
  return isWellFormed(text) ? text : text.replace(everyLoneSurrogate, '\ufffd');
}

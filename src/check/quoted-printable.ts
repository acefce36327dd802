import { fail, ok, type Result } from '../errors/result.js';
import { goQuote } from '../json/go-quote.js';

/**
 * Decodes quoted-printable with the tolerance of Go's reader: soft breaks before LF too, `=` that
 * begins no escape stays as it is, white space at the end of a line goes.
 */
export function decodeQuotedPrintable(bytes: Uint8Array): Result<Uint8Array, string> {
  const decoded: number[] = [];
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, from);
    const next = newline < 0 ? bytes.length : newline + 1;
    const fault = decodeLine(bytes.subarray(from, next), next === bytes.length, decoded);
    if (fault !== undefined) return fail(`quotedprintable: ${fault}`);
    from = next;
  }
  return ok(Uint8Array.from(decoded));
}

function decodeLine(line: Uint8Array, last: boolean, decoded: number[]): string | undefined {
  const content = trimEnd(line);
  const ending = line.subarray(content.length);
  if (content.at(-1) !== 0x3d) {
    const fault = decodeContent(content, decoded);
    if (line.at(-1) === 0x0a) decoded.push(...(line.at(-2) === 0x0d ? [0x0d, 0x0a] : [0x0a]));
    return fault;
  }
  const fault = decodeContent(content.subarray(0, -1), decoded);
  const softBreak = ending[0] === 0x0a || (ending[0] === 0x0d && ending[1] === 0x0a);
  if (softBreak || (last && ending.length === 0 && content.length > 1)) return fault;
  return fault ?? `invalid bytes after =: ${goQuote(ending)}`;
}

function decodeContent(content: Uint8Array, decoded: number[]): string | undefined {
  for (let at = 0; at < content.length; at += 1) {
    const byte = content[at] ?? 0;
    if (byte === 0x3d) {
      const digits = String.fromCharCode(content[at + 1] ?? 0, content[at + 2] ?? 0);
      if (/^[0-9A-Fa-f]{2}$/.test(digits)) {
        decoded.push(Number.parseInt(digits, 16));
        at += 2;
        continue;
      }
      if (at + 1 >= content.length) return 'unexpected EOF';
    } else if (byte !== 0x09 && byte !== 0x0d && (byte < 0x20 || byte === 0x7f)) {
      return `invalid unescaped byte 0x${byte.toString(16).padStart(2, '0')} in body`;
    }
    decoded.push(byte);
  }
  return undefined;
}

function trimEnd(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && [0x0a, 0x0d, 0x20, 0x09].includes(line[end - 1] ?? 0)) end -= 1;
  return line.subarray(0, end);
}

import { fail, ok, type Result } from '../../errors/result.js';
import { goQuote } from '../../json/go-quote.js';

/** How a part ends: at a boundary, or with the body. */
type Ending = 'EOF' | 'unexpected EOF';

/** As much of a line as Go's reader holds. */
const longestLine = 4096;

/** A line as Go's reader sees it, and what it is told instead of the next one. */
interface Line {
  readonly bytes: Uint8Array;
  readonly next?: string;
}

/**
 * Decodes quoted-printable with the tolerance of Go's reader: soft breaks before LF too, `=` that
 * begins no escape stays as it is, white space at the end of a line goes.
 */
export function decodeQuotedPrintable(bytes: Uint8Array, ending: Ending): Result<Uint8Array, string> {
  const decoded: number[] = [];
  for (let from = 0; ; ) {
    const line = lineAt(bytes, from, ending);
    const end = decodeLine(line, decoded);
    if (end === 'EOF') return ok(Uint8Array.from(decoded));
    if (end !== undefined) return fail(end);
    from += line.bytes.length;
  }
}

function lineAt(bytes: Uint8Array, from: number, ending: Ending): Line {
  const newline = bytes.subarray(from, from + longestLine).indexOf(0x0a);
  if (newline >= 0) return { bytes: bytes.subarray(from, from + newline + 1) };
  if (bytes.length - from <= longestLine) return { bytes: bytes.subarray(from), next: ending };
  return { bytes: bytes.subarray(from, from + longestLine), next: 'bufio: buffer full' };
}

/** @returns the error, `EOF` at the end, undefined when another line follows */
function decodeLine({ bytes, next }: Line, decoded: number[]): string | undefined {
  const content = trimEnd(bytes);
  if (content.at(-1) === 0x3d) {
    return decodeContent(content.subarray(0, -1), decoded) ?? afterSoftBreak(content, bytes, next);
  }
  const fault = decodeContent(content, decoded);
  if (bytes.at(-1) === 0x0a) decoded.push(...(bytes.at(-2) === 0x0d ? [0x0d, 0x0a] : [0x0a]));
  return fault ?? next;
}

function afterSoftBreak(content: Uint8Array, line: Uint8Array, next: string | undefined): string | undefined {
  let start = content.length;
  while (line[start] === 0x20 || line[start] === 0x09) start += 1;
  const rest = line.subarray(start);
  const isBreak = rest[0] === 0x0a || (rest[0] === 0x0d && rest[1] === 0x0a);
  if (isBreak || (rest.length === 0 && content.length > 1 && next === 'EOF')) return next;
  return `quotedprintable: invalid bytes after =: ${goQuote(rest)}`;
}

function decodeContent(content: Uint8Array, decoded: number[]): string | undefined {
  for (let at = 0; at < content.length; at += 1) {
    const byte = content[at] ?? 0;
    if (byte === 0x3d) {
      const escaped = escapedByte(content, at + 1);
      if (typeof escaped === 'string') return escaped;
      if (escaped !== undefined) at += 2;
      decoded.push(escaped ?? byte);
    } else if (byte !== 0x09 && byte !== 0x0d && (byte < 0x20 || byte === 0x7f)) {
      return `quotedprintable: invalid unescaped byte ${hex(byte)} in body`;
    } else decoded.push(byte);
  }
  return undefined;
}

/** The byte of two hexadecimal digits, undefined where the `=` before them is literal, or an error. */
function escapedByte(content: Uint8Array, at: number): number | string | undefined {
  const digits = String.fromCharCode(...content.subarray(at, at + 2));
  if (/^[0-9A-Fa-f]{2}$/.test(digits)) return Number.parseInt(digits, 16);
  if (digits !== '' && !digits.startsWith('\r')) return undefined;
  return digits.length < 2 ? 'unexpected EOF' : `quotedprintable: invalid hex byte ${hex(0x0d)}`;
}

function trimEnd(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && [0x0a, 0x0d, 0x20, 0x09].includes(line[end - 1] ?? 0)) end -= 1;
  return line.subarray(0, end);
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

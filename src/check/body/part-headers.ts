import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import { goQuote } from '../../json/go-quote.js';

/** First value of each header of a part; names in lower case. */
export type PartHeaders = ReadonlyMap<string, string>;

/** Headers, and where the content begins. */
export interface PartHeadersRead {
  readonly headers: PartHeaders;
  readonly end: number;
}

/** As much of a wrong first line as Go quotes. */
const longestQuote = 80;

/** More headers in one part than these are an error in Go. */
const mostHeaders = 10_000;
const tooLarge = 'multipart: message too large';

const name = /^[!#$%&'*+\-.^_`|~0-9A-Za-z ]+$/;

/**
 * Reads the header lines of a part by the rules of Go's `net/textproto`, continuation lines included.
 *
 * @returns undefined when the body ends before the empty line, which Go takes for the end of the parts
 */
export function readPartHeaders(body: Buffer, start: number): Result<PartHeadersRead | undefined, string> {
  const headers = new Map<string, string>();
  let at = start;
  if (isBlank(body[at])) {
    const line = lineAt(body, at)?.content ?? body.subarray(at, at);
    return fail(line.length > longestQuote ? tooLarge : `malformed MIME header initial line: ${goQuote(line)}`);
  }
  for (let count = 1; ; count += 1) {
    const line = lineAt(body, at);
    if (line === undefined) return ok(undefined);
    at = line.end;
    if (line.content.length === 0) return ok({ headers, end: at });
    if (!line.content.includes(0x3a)) return fail(`malformed MIME header: missing colon: ${goQuote(line.content)}`);
    const pieces = [trimmed(line.content)];
    for (let next = continuationAt(body, at); next !== undefined; next = continuationAt(body, at)) {
      pieces.push(trimmed(next.content));
      at = next.end;
    }
    const fault = addHeader(headers, pieces.join(' '));
    if (fault !== undefined) return fail(fault);
    if (count > mostHeaders) return fail(tooLarge);
  }
}

interface Line {
  readonly content: Buffer;
  readonly end: number;
}

function lineAt(body: Buffer, at: number): Line | undefined {
  if (at >= body.length) return undefined;
  const newline = body.indexOf(0x0a, at);
  if (newline < 0) return { content: body.subarray(at), end: body.length };
  const end = newline > at && body[newline - 1] === 0x0d ? newline - 1 : newline;
  return { content: body.subarray(at, end), end: newline + 1 };
}

function continuationAt(body: Buffer, at: number): Line | undefined {
  return isBlank(body[at]) ? lineAt(body, at) : undefined;
}

function trimmed(content: Buffer): string {
  let [start, end] = [0, content.length];
  while (isBlank(content[start])) start += 1;
  while (end > start && isBlank(content[end - 1])) end -= 1;
  return content.toString('latin1', start, end);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

function addHeader(headers: Map<string, string>, line: string): string | undefined {
  const colon = line.indexOf(':');
  const key = line.slice(0, colon);
  const value = line.slice(colon + 1).replace(/^[ \t]+/, '');
  if (!name.test(key)) return malformedLine(line);
  if (hasForbiddenByte(value)) return malformedLine(canonicalName(key) + line.slice(colon));
  // Go does not fold the case of a name with a space in it, so that no look-up finds it.
  if (key.includes(' ')) return undefined;
  const lower = key.toLowerCase();
  if (!headers.has(lower)) headers.set(lower, decodeUtf8(Buffer.from(value, 'latin1')));
  return undefined;
}

/** Quoted since CVE-2026-42507: the words of an error end up in logs and in the answer. */
function malformedLine(line: string): string {
  return `malformed MIME header line: ${goQuote(Buffer.from(line, 'latin1'))}`;
}

/** `content-type` as `Content-Type`: Go has rewritten the name by the time it looks at the value. */
function canonicalName(key: string): string {
  if (key.includes(' ')) return key;
  return key.toLowerCase().replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase());
}

function hasForbiddenByte(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

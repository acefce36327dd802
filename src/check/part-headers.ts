import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../errors/result.js';
import { decodeUtf8 } from '../json/decode-utf8.js';
import { goQuote } from '../json/go-quote.js';

/** First value of each header of a part; names in lower case. */
export type PartHeaders = ReadonlyMap<string, string>;

/** Headers, and where the content begins. */
export interface PartHeadersRead {
  readonly headers: PartHeaders;
  readonly end: number;
}

const name = /^[!#$%&'*+\-.^_`|~0-9A-Za-z ]+$/;

/**
 * Reads the header lines of a part by the rules of Go's `net/textproto`, continuation lines included.
 *
 * @returns undefined when the body ends before the empty line, which Go takes for the end of the parts
 */
export function readPartHeaders(body: Buffer, start: number): Result<PartHeadersRead | undefined, string> {
  const headers = new Map<string, string>();
  let at = start;
  const first = body[at];
  if (first === 0x20 || first === 0x09) {
    const line = lineAt(body, at);
    return fail(`malformed MIME header initial line: ${decodeUtf8(line?.content ?? new Uint8Array())}`);
  }
  for (;;) {
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
  return body[at] === 0x20 || body[at] === 0x09 ? lineAt(body, at) : undefined;
}

function trimmed(content: Buffer): string {
  return content.toString('latin1').replace(/^[ \t]+|[ \t]+$/g, '');
}

function addHeader(headers: Map<string, string>, line: string): string | undefined {
  const colon = line.indexOf(':');
  const key = line.slice(0, colon);
  const value = line.slice(colon + 1).replace(/^[ \t]+/, '');
  if (!name.test(key) || hasForbiddenByte(value)) {
    return `malformed MIME header line: ${decodeUtf8(Buffer.from(line, 'latin1'))}`;
  }
  // Go does not fold the case of a name with a space in it, so that no look-up finds it.
  if (key.includes(' ')) return undefined;
  const lower = key.toLowerCase();
  if (!headers.has(lower)) headers.set(lower, decodeUtf8(Buffer.from(value, 'latin1')));
  return undefined;
}

function hasForbiddenByte(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

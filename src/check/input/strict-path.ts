import { isUtf8 } from 'node:buffer';
import type { Config } from '../../config/schema.js';
import { ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import { percentDecode } from './percent.js';
import { type RefusalReason, type RequestRefusal, refuse } from './request-refusal.js';

/** How often a value may be encoded in itself before nobody can say what a backend makes of it. */
const encodingRounds = 3;

/** Every path without a surprise: ordinary visible ASCII, no escapes, parameters, doubled slashes or dots beside slashes. */
const plainPath = /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9_.~!$&'()*+,=:@-]+)+\/?$/;

/**
 * Segments of a path that every server reads the same way: split first, decoded once after that.
 * What servers disagree about is refused, since the policy and the backend would see different paths.
 */
export function parseStrictPath(
  target: string,
  encodedSlashes: Config['input']['encoded_slashes'],
): Result<readonly string[], RequestRefusal> {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  if (target.includes('#')) return refuse('path_fragment', 'the request target has a fragment');
  if (plainPath.test(path)) return ok(path.slice(1).split('/'));
  if (target === '' || target === '*') return ok([target]);
  if (!path.startsWith('/')) return refuse('path_not_absolute', 'the path does not begin with a slash');
  return decodeSegments(path.slice(1).split('/'), encodedSlashes === 'keep');
}

function decodeSegments(raw: readonly string[], keepSlashes: boolean): Result<readonly string[], RequestRefusal> {
  const segments: string[] = [];
  for (const [index, segment] of raw.entries()) {
    if (segment === '' && index < raw.length - 1) {
      return refuse('path_empty_segment', 'the path has two slashes in a row');
    }
    const decoded = decodeSegment(segment, keepSlashes);
    if (!decoded.ok) return decoded;
    segments.push(decoded.value);
  }
  return ok(segments);
}

function decodeSegment(raw: string, keepSlashes: boolean): Result<string, RequestRefusal> {
  // A raw space ends the target in an HTTP/1.1 request line; only the encoded one is unambiguous.
  if (raw.includes(' ')) return refuse('path_control_character', 'the path has a space that is not encoded');
  const bytes = percentDecode(raw, 'literal');
  if (!bytes.ok) return refuse('path_bad_escape', bytes.error);
  if (!isUtf8(bytes.value)) return refuse('path_invalid_utf8', 'the path is not valid UTF-8 when decoded');
  const segment = decodeUtf8(bytes.value);
  const reason = ambiguity(segment, keepSlashes);
  if (reason !== undefined) return refuse(reason, `the path segment ${JSON.stringify(segment)} is ambiguous`);
  return hidesAmbiguity(segment, keepSlashes)
    ? refuse('path_double_encoding', `the path segment ${JSON.stringify(segment)} is encoded twice`)
    : ok(segment);
}

/** What makes servers disagree about a decoded segment. */
function ambiguity(segment: string, keepSlashes: boolean): RefusalReason | undefined {
  if (/\p{Cc}/u.test(segment)) return 'path_control_character';
  if (segment.includes('\\')) return 'path_backslash';
  if (segment.includes('/') && !keepSlashes) return 'path_encoded_slash';
  return segment.split('/').some(isDotSegment) ? 'path_dot_segment' : undefined;
}

/**
 * `.` and `..`, also before a path parameter: Java servers drop `;x` and then resolve `..;x` as `..`
 * (CVE-2026-73551 is the same class in Envoy). `;x` alone becomes an empty segment there. Other
 * parameters, such as `a;v=1`, stay part of their segment.
 */
function isDotSegment(piece: string): boolean {
  const semicolon = piece.indexOf(';');
  const name = semicolon < 0 ? piece : piece.slice(0, semicolon);
  return name === '.' || name === '..' || (name === '' && semicolon === 0);
}

/** Whether decoding once more, as some servers do, would bring out something ambiguous. */
function hidesAmbiguity(decodedOnce: string, keepSlashes: boolean): boolean {
  let segment = decodedOnce;
  for (let round = 0; round < encodingRounds; round += 1) {
    const next = decodeLeniently(segment);
    if (next === segment) return false;
    if (next === undefined || next.includes('/') || ambiguity(next, keepSlashes) !== undefined) return true;
    segment = next;
  }
  return true;
}

/** Decodes the escapes that are valid; undefined when the bytes are not UTF-8. */
function decodeLeniently(segment: string): string | undefined {
  if (!/%[0-9a-f]{2}/i.test(segment)) return segment;
  const escaped = segment.replace(/%(?![0-9a-f]{2})/gi, '%25');
  const bytes = percentDecode(escaped, 'literal');
  return bytes.ok && isUtf8(bytes.value) ? decodeUtf8(bytes.value) : undefined;
}

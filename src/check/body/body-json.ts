import { isUtf8 } from 'node:buffer';
import { ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { JsonValue } from '../../json/json.js';
import { parseJson, parseJsonBytes } from '../../json/parse.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';

/** No honest request nests deeper; each level costs every reader behind us stack or memory. */
const deepest = 256;

/** Errors that speak of size rather than of form. */
const excesses: ReadonlySet<string> = new Set(['exceeded max depth', 'number too large']);

/** JSON as opa-envoy-plugin reads it, which takes a `null` behind the value for nothing. */
export function parsePluginJson(bytes: Uint8Array): Result<JsonValue, RequestRefusal> {
  const parsed = parseJsonBytes(bytes, { trailingNull: 'accept' });
  return parsed.ok ? parsed : refuse('body_invalid', parsed.error);
}

/**
 * JSON that every reader understands the same way: valid UTF-8, no name twice in one object (which
 * one counts differs between parsers), whole characters, nesting and numbers within reason.
 */
export function parseStrictJson(bytes: Uint8Array): Result<JsonValue, RequestRefusal> {
  if (!isUtf8(bytes)) return refuse('body_invalid', 'the JSON body is not valid UTF-8');
  const text = decodeUtf8(bytes);
  const parsed = parseJson(text, { duplicateNames: 'refuse', hugeNumbers: 'refuse', maxDepth: deepest });
  if (!parsed.ok) return refuse(excesses.has(parsed.error) ? 'body_too_complex' : 'body_invalid', parsed.error);
  return hasLoneSurrogate(text) ? refuse('body_invalid', 'the JSON body has half a surrogate pair') : ok(parsed.value);
}

/**
 * Half a pair is kept by some readers and made U+FFFD by others, the policy's among them, so that two
 * different texts would be one. Only an escape can bring it into valid UTF-8.
 */
function hasLoneSurrogate(json: string): boolean {
  if (!json.includes('\\u')) return false;
  for (const [, lone] of json.matchAll(surrogateEscapes)) if (lone !== undefined) return true;
  return false;
}

/** A pair, half of one (captured), or any other escape, so that an escaped backslash begins none. */
const surrogateEscapes = /\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD]([89a-fA-F])|.)/g;

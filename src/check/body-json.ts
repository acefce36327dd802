import { isUtf8 } from 'node:buffer';
import { ok, type Result } from '../errors/result.js';
import { decodeUtf8 } from '../json/decode-utf8.js';
import type { JsonValue } from '../json/json.js';
import { parseJson } from '../json/parse.js';
import { type RequestRefusal, refuse } from './request-refusal.js';

/** No honest request nests deeper; each level costs every reader behind us stack or memory. */
const deepest = 256;

/** JSON as opa-envoy-plugin reads it, which takes a `null` behind the value for nothing. */
export function parsePluginJson(text: string): Result<JsonValue, RequestRefusal> {
  const parsed = parseJson(text, { trailingNull: 'accept' });
  return parsed.ok ? parsed : refuse('body_invalid', parsed.error);
}

/**
 * JSON that every reader understands the same way: valid UTF-8, no name twice in one object (which
 * one counts differs between parsers), nesting within reason.
 */
export function parseStrictJson(bytes: Uint8Array): Result<JsonValue, RequestRefusal> {
  if (!isUtf8(bytes)) return refuse('body_invalid', 'the JSON body is not valid UTF-8');
  const parsed = parseJson(decodeUtf8(bytes), { duplicateNames: 'refuse', maxDepth: deepest });
  if (parsed.ok) return ok(parsed.value);
  return refuse(parsed.error === 'exceeded max depth' ? 'body_too_complex' : 'body_invalid', parsed.error);
}

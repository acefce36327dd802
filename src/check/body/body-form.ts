import { Buffer, isUtf8 } from 'node:buffer';
import type { Result } from '../../errors/result.js';
import { parseQuery, type QueryValues } from '../input/query.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';

/** A body of type `application/x-www-form-urlencoded`: the rules of the query string. */
export function parseForm(bytes: Uint8Array): Result<QueryValues, RequestRefusal> {
  const parsed = parseQuery(isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : escapeBytes(bytes), 'strict');
  if (parsed.ok) return parsed;
  return refuse(parsed.error.reason === 'query_too_many' ? 'body_too_complex' : 'body_invalid', parsed.error.message);
}

/** Raw bytes may complete a character with escaped ones, so both are made escapes before decoding. */
function escapeBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return text.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
}

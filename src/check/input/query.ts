import type { Config } from '../../config/schema.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import { percentDecode } from './percent.js';
import { type RequestRefusal, refuse } from './request-refusal.js';

/** Name to values, in order of appearance; without a prototype. */
export type QueryValues = { readonly [name: string]: readonly string[] };

/** As many pairs as Go's net/url reads. */
const mostPairs = 10_000;

const semicolon = 'invalid semicolon separator in query';

/**
 * Reads `a=1&b=2` by the rules of Go's `url.ParseQuery`: `+` is a space, a semicolon that is not
 * encoded is an error (it separates on some servers), as is a bad escape.
 *
 * @param mode `lenient` leaves malformed pairs out; the limit of pairs holds in both
 */
export function parseQuery(query: string, mode: Config['input']['query_parsing']): Result<QueryValues, RequestRefusal> {
  const values: Record<string, string[]> = Object.create(null);
  if (query === '') return ok(values);
  const pairs = query.split('&', mostPairs + 1);
  if (pairs.length > mostPairs) return refuse('query_too_many', 'number of URL query parameters exceeded limit');
  let fault: string | undefined;
  for (const pair of pairs) {
    if (pair === '') continue;
    const read = readPair(pair);
    if (!read.ok) {
      fault = read.error === semicolon ? semicolon : (fault ?? read.error);
      continue;
    }
    const [name, value] = read.value;
    const known = values[name];
    if (known === undefined) values[name] = [value];
    else known.push(value);
  }
  return fault === undefined || mode === 'lenient' ? ok(values) : refuse('query_invalid', fault);
}

/** Name and value of one pair, decoded. */
export function readPair(pair: string): Result<readonly [string, string], string> {
  if (pair.includes(';')) return fail(semicolon);
  const equals = pair.indexOf('=');
  const name = decodeComponent(equals < 0 ? pair : pair.slice(0, equals));
  if (!name.ok) return name;
  const value = decodeComponent(equals < 0 ? '' : pair.slice(equals + 1));
  return value.ok ? ok([name.value, value.value]) : value;
}

function decodeComponent(text: string): Result<string, string> {
  if (!/[%+]/.test(text)) return ok(text);
  const bytes = percentDecode(text, 'space');
  return bytes.ok ? ok(decodeUtf8(bytes.value)) : bytes;
}

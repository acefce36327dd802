import type { QueryParameter } from '../../envoy/answer.js';
import type { AllowDecision } from '../decision/decision.js';
import { splitTarget } from '../input/path.js';
import { readPair } from '../input/query.js';

/** Changes of the query string as Envoy takes them: percent-encoded, since it writes them as they are. */
export interface QueryChange {
  readonly set: readonly QueryParameter[];
  readonly remove: readonly string[];
}

/**
 * Encodes the names and values of a decision, so that a value cannot begin another parameter or break
 * the request line. Envoy compares names without decoding them, so that `%61dmin` would survive the
 * removal of `admin` and stand beside an `admin` that is set: every other spelling of a name that
 * the request has is removed too.
 */
export function queryChange(
  { queryToSet, queryToRemove }: Pick<AllowDecision, 'queryToSet' | 'queryToRemove'>,
  target: string,
): QueryChange {
  if (queryToSet.length === 0 && queryToRemove.length === 0) return { set: [], remove: [] };
  const names = new Set([...queryToSet.map(({ name }) => name), ...queryToRemove]);
  const set = queryToSet.map(({ name, value }) => ({ name: encode(name), value: encode(value) }));
  const spoken = new Set(set.map(({ name }) => name));
  const asked = queryToRemove.map(encode);
  const known = new Set([...asked, ...spoken]);
  const others = new Set(spellings(splitTarget(target).query, names).filter((name) => !known.has(name)));
  // Envoy removes after it sets: what is set must not be named here.
  return { set, remove: [...asked.filter((name) => !spoken.has(name)), ...others] };
}

function spellings(query: string, names: ReadonlySet<string>): readonly string[] {
  const found: string[] = [];
  for (const pair of query === '' ? [] : query.split('&')) {
    const raw = pair.split('=', 1)[0] ?? '';
    const decoded = readPair(raw);
    if (raw !== '' && decoded.ok && names.has(decoded.value[0])) found.push(raw);
  }
  return found;
}

function encode(text: string): string {
  return encodeURIComponent(text);
}

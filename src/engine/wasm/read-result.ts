import type { JsonValue } from '../../json/json.js';
import { parseRego } from './parse-rego.js';
import { withoutSets } from './without-sets.js';

/** What the module writes where an entrypoint has no value. */
export const noValue = 'set()';

/** The value in what the module writes: a result set that is empty, or holds one object whose `result` is the value. */
export function readResult(text: string): JsonValue | undefined {
  if (text === noValue) return undefined;
  const set = parseRego(text) as readonly { readonly result: unknown }[];
  return withoutSets(set[0]?.result);
}

import type { Config } from '../../config/schema.js';
import { ok, type Result } from '../../errors/result.js';
import type { JsonValue } from '../../json/json.js';
import { type DecisionFault, faulty, readInteger } from './decision-fault.js';
import type { HeaderEdit } from './decision-headers.js';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * First and last of the runs of codes that Envoy's enumeration has, each of which Go names too. Envoy casts the number
 * unchecked: with 1000 its answer is no HTTP any more, with 103 the client waits for another one.
 */
const envoyCodes: readonly (readonly [number, number])[] = [
  [100, 100],
  [200, 208],
  [226, 226],
  [300, 305],
  [307, 308],
  [400, 417],
  [421, 424],
  [426, 426],
  [428, 429],
  [431, 431],
  [500, 508],
  [510, 511],
];

/**
 * `http_status` of a denial: a code of Envoy's table, written as a plain integer.
 *
 * @param headers a redirect needs a `location` among them
 */
export function readStatus(
  given: JsonValue | undefined,
  table: Config['decision']['status_table'],
  headers: readonly HeaderEdit[],
): Result<number | undefined, DecisionFault> {
  if (given === undefined) return ok(undefined);
  const status = readInteger(given);
  if (status === undefined) return faulty('status', '`http_status` is not an integer');
  if (!envoyCodes.some(([first, last]) => status >= first && status <= last)) {
    return faulty('status', `\`http_status\` ${status} is not one that Envoy knows`);
  }
  if (table === 'opa-envoy-plugin') return ok(status);
  if (redirects.has(status)) {
    return headers.some(({ name }) => name === 'location')
      ? ok(status)
      : faulty('redirect_without_location', `\`http_status\` ${status} without a \`location\` header`);
  }
  // A denial with 200 would read as a success.
  return status >= 400 ? ok(status) : faulty('status', `\`http_status\` ${status} is no denial`);
}

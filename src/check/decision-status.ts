import type { Config } from '../config/schema.js';
import { ok, type Result } from '../errors/result.js';
import { JsonNumber, type JsonValue } from '../json/json.js';
import { type DecisionFault, faulty } from './decision-fault.js';
import type { HeaderEdit } from './decision-headers.js';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** First and last of the runs of codes that both Go's status texts and Envoy's enumeration know. */
const pluginCodes: readonly (readonly [number, number])[] = [
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
 * `http_status` of a denial. It must be written as a plain integer: `401.0` and `4.01e2` are not.
 *
 * @param headers a redirect needs a `location` among them
 */
export function readStatus(
  given: JsonValue | undefined,
  table: Config['decision']['status_table'],
  headers: readonly HeaderEdit[],
): Result<number | undefined, DecisionFault> {
  if (given === undefined) return ok(undefined);
  const status = integer(given);
  if (status === undefined) return faulty('status', '`http_status` is not an integer');
  if (table === 'opa-envoy-plugin') {
    const known = pluginCodes.some(([first, last]) => status >= first && status <= last);
    return known ? ok(status) : faulty('status', `\`http_status\` ${status} is not one that opa-envoy-plugin knows`);
  }
  if (redirects.has(status)) {
    return headers.some(({ name }) => name === 'location')
      ? ok(status)
      : faulty('redirect_without_location', `\`http_status\` ${status} without a \`location\` header`);
  }
  // Envoy casts the number without a check: a denial with 200 would read as a success.
  return status >= 400 && status <= 599 ? ok(status) : faulty('status', `\`http_status\` ${status} is no denial`);
}

function integer(given: JsonValue): number | undefined {
  if (given instanceof JsonNumber) return /^-?[0-9]+$/.test(given.text) ? Number(given.text) : undefined;
  return typeof given === 'number' && Number.isInteger(given) ? given : undefined;
}

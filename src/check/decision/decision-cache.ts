import { ok, type Result } from '../../errors/result.js';
import type { JsonValue } from '../../json/json.js';
import { type DecisionFault, faulty, readInteger } from './decision-fault.js';

/**
 * `cache_max_age`: for how many seconds at most this decision may be given again for the same input. A cache may
 * keep it for a shorter time, never for a longer one; 0 keeps it out of caches.
 */
export function readCacheMaxAge(given: JsonValue | undefined): Result<number | undefined, DecisionFault> {
  if (given === undefined) return ok(undefined);
  const seconds = readInteger(given);
  if (seconds === undefined || seconds < 0 || !Number.isSafeInteger(seconds)) {
    return faulty('shape', '`cache_max_age` is not a whole number of seconds');
  }
  return ok(seconds);
}

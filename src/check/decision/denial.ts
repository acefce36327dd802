import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import type { DecisionOptions, DenyDecision } from './decision.js';
import { type DecisionFault, faulty } from './decision-fault.js';
import { redirectFault } from './decision-redirect.js';
import { readStatus } from './decision-status.js';
import { guardDenial, guardHeaders } from './mutation-guard.js';

/** The parts of a decision that only a denial has: `body` and `http_status`. */
export function readDenial(
  result: JsonObject,
  common: Omit<DenyDecision, 'kind' | 'status' | 'body'>,
  options: Pick<DecisionOptions, 'status_table' | 'max_body_size' | 'mutations' | 'redirect_origins'>,
): Result<DenyDecision, DecisionFault> {
  const body = result['body'] ?? (result['body'] === undefined ? '' : null);
  if (typeof body !== 'string') return faulty('shape', '`body` is not a string');
  const { kept: headers, faults: dropped } = guardHeaders(common.headers);
  if (options.mutations === 'refuse' && dropped[0] !== undefined) return fail(dropped[0]);
  // After the guard: a redirect whose location was dropped leads nowhere.
  const status = readStatus(result['http_status'], options.status_table, headers);
  if (!status.ok) return status;
  const fault =
    redirectFault(status.value, headers, options.redirect_origins) ??
    guardDenial(status.value, body, options.max_body_size);
  if (fault !== undefined) return fail(fault);
  const known = status.value === undefined ? {} : { status: status.value };
  return ok({ ...common, kind: 'deny', headers, body, dropped, ...known });
}

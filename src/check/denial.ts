import { ok, type Result } from '../errors/result.js';
import type { JsonObject } from '../json/json.js';
import type { DecisionOptions, DenyDecision } from './decision.js';
import { type DecisionFault, faulty } from './decision-fault.js';
import { readStatus } from './decision-status.js';
import { guardDenial, guardHeaders } from './mutation-guard.js';

/** The parts of a decision that only a denial has: `body` and `http_status`. */
export function readDenial(
  result: JsonObject,
  common: Omit<DenyDecision, 'kind' | 'status' | 'body'>,
  options: Pick<DecisionOptions, 'status_table' | 'max_body_size'>,
): Result<DenyDecision, DecisionFault> {
  const body = result['body'] ?? (result['body'] === undefined ? '' : null);
  if (typeof body !== 'string') return faulty('shape', '`body` is not a string');
  const status = readStatus(result['http_status'], options.status_table, common.headers);
  if (!status.ok) return status;
  const fault = guardHeaders(common.headers) ?? guardDenial(status.value, body, options.max_body_size);
  if (fault !== undefined) return { ok: false, error: fault };
  return ok({ ...common, kind: 'deny', body, ...(status.value === undefined ? {} : { status: status.value }) });
}

import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import { isRecord } from '../bundle/merge-data.js';
import type { Finding } from './finding.js';
import { complaintOf, type Opa } from './opa.js';
import type { Workshop } from './workshop.js';

/**
 * What `opa check --strict` refuses: among others unused imports and variables, and deprecated built-ins.
 *
 * @param more further options of `opa check`
 */
export async function strictCheck(
  opa: Opa,
  { sources }: Workshop,
  more: readonly string[] = [],
): Promise<Result<readonly Finding[]>> {
  const args = ['check', '--strict', '--bundle', '--format', 'json', '--max-errors', '100', ...more, '.'];
  const outcome = await opa.run(sources, args);
  if (outcome.code === 0) return ok([]);
  const report = parseJson(outcome.stderr);
  const errors = report.ok && isRecord(report.value) ? report.value['errors'] : undefined;
  const list: readonly JsonValue[] = Array.isArray(errors) ? errors : [];
  return list.length === 0 ? fail(`opa check: ${complaintOf(outcome)}`) : ok(list.map(readError));
}

function readError(error: JsonValue): Finding {
  const { location, message } = isRecord(error) ? error : {};
  const place: JsonObject = isRecord(location) ? location : {};
  const { file, row } = place;
  return {
    rule: 'opa',
    file: typeof file === 'string' ? file : undefined,
    line: typeof row === 'number' ? row : undefined,
    message: typeof message === 'string' ? message : 'refused without a reason',
  };
}

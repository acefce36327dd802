import type { QueryParameter } from '../../envoy/answer.js';
import { ok, type Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import { type DecisionFault, faulty, isObject, isStringList } from './decision-fault.js';

/** Query parameters to set: an object from name to a string or a list of strings. Not yet percent-encoded. */
export function readQueryToSet(result: JsonObject, key: string): Result<readonly QueryParameter[], DecisionFault> {
  const given = result[key];
  if (given === undefined) return ok([]);
  if (!isObject(given)) return faulty('shape', `\`${key}\` is not an object`);
  const parameters: QueryParameter[] = [];
  for (const name of Object.keys(given)) {
    const value = given[name];
    const values = typeof value === 'string' ? [value] : value;
    if (!isStringList(values)) return faulty('shape', `a parameter in \`${key}\` has a value that is no string`);
    for (const each of values) parameters.push({ name, value: each });
  }
  return ok(parameters);
}

/** Names of query parameters to remove. Not yet percent-encoded. */
export function readQueryNames(result: JsonObject, key: string): Result<readonly string[], DecisionFault> {
  const given = result[key];
  if (given === undefined) return ok([]);
  return isStringList(given) ? ok(given) : faulty('shape', `\`${key}\` is not a list of strings`);
}

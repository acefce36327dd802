import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import type { AllowDecision, AnyDecision, DecisionOptions } from './decision.js';
import type { DecisionFault } from './decision-fault.js';
import { type HeaderEdit, readHeaderNames, readHeaders } from './decision-headers.js';
import { readQueryNames, readQueryToSet } from './decision-query.js';
import { guardHeaderNames, guardHeaders, guardQuery, guardQueryNames, guardRemovals } from './mutation-guard.js';
import { isRemovedWhenDropped } from './mutation-rules.js';

/** Changes of the request, and of the backend's response. */
type Changes = Pick<AllowDecision, 'headers' | 'headersToRemove' | 'responseHeaders' | 'queryToSet' | 'queryToRemove'>;

/** The parts of a decision that only an allow has. */
export function readAllow(
  result: JsonObject,
  common: AnyDecision & { readonly headers: readonly HeaderEdit[] },
  { mutations }: Pick<DecisionOptions, 'mutations'>,
): Result<AllowDecision, DecisionFault> {
  const wanted = readChanges(result, common.headers);
  if (!wanted.ok) return wanted;
  const { dropped, ...changes } = guardChanges(wanted.value);
  if (mutations === 'refuse' && dropped[0] !== undefined) return fail(dropped[0]);
  const excess = guardRemovals(changes.headersToRemove, changes.queryToRemove);
  return excess === undefined ? ok({ ...common, ...changes, kind: 'allow', dropped }) : fail(excess);
}

function readChanges(result: JsonObject, headers: readonly HeaderEdit[]): Result<Changes, DecisionFault> {
  const responseHeaders = readHeaders(result, 'response_headers_to_add');
  if (!responseHeaders.ok) return responseHeaders;
  const headersToRemove = readHeaderNames(result, 'request_headers_to_remove');
  if (!headersToRemove.ok) return headersToRemove;
  const queryToRemove = readQueryNames(result, 'query_parameters_to_remove');
  if (!queryToRemove.ok) return queryToRemove;
  const queryToSet = readQueryToSet(result, 'query_parameters_to_set');
  if (!queryToSet.ok) return queryToSet;
  return ok({
    headers,
    headersToRemove: headersToRemove.value,
    responseHeaders: responseHeaders.value,
    queryToSet: queryToSet.value,
    queryToRemove: queryToRemove.value,
  });
}

/**
 * What may be passed on. What is dropped from the request is removed from it as well: the client's own header or
 * parameter of that name must not stand where the backend expects the policy's.
 */
function guardChanges(wanted: Changes): Changes & Pick<AllowDecision, 'dropped'> {
  const headers = guardHeaders(wanted.headers);
  const headersToRemove = guardHeaderNames(wanted.headersToRemove);
  const responseHeaders = guardHeaders(wanted.responseHeaders);
  const queryToSet = guardQuery(wanted.queryToSet);
  const queryToRemove = guardQueryNames(wanted.queryToRemove);
  const guarded = [headers, responseHeaders, headersToRemove, queryToSet, queryToRemove];
  return {
    headers: headers.kept,
    headersToRemove: [...headersToRemove.kept, ...namesOf(headers.broken).filter(isRemovedWhenDropped)],
    responseHeaders: responseHeaders.kept,
    queryToSet: queryToSet.kept,
    queryToRemove: [...queryToRemove.kept, ...guardQueryNames(namesOf(queryToSet.broken)).kept],
    dropped: guarded.flatMap(({ faults }) => faults),
  };
}

function namesOf(items: readonly { readonly name: string }[]): readonly string[] {
  return items.map(({ name }) => name);
}

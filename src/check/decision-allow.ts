import { fail, ok, type Result } from '../errors/result.js';
import type { JsonObject } from '../json/json.js';
import type { AllowDecision, AnyDecision, DecisionOptions } from './decision.js';
import type { DecisionFault } from './decision-fault.js';
import { type HeaderEdit, readHeaderNames, readHeaders } from './decision-headers.js';
import { readQueryNames, readQueryToSet } from './decision-query.js';
import {
  guardHeaderNames,
  guardHeaders,
  guardQuery,
  guardQueryNames,
  guardRemovals,
  isRemovedWhenDropped,
} from './mutation-guard.js';

/**
 * The parts of a decision that only an allow has: changes of the request, and of the backend's response.
 *
 * What is dropped from the request is removed from it as well: the client's own header or parameter of
 * that name must not stand where the backend expects the policy's.
 */
export function readAllow(
  result: JsonObject,
  common: AnyDecision & { readonly headers: readonly HeaderEdit[] },
  { mutations }: Pick<DecisionOptions, 'mutations'>,
): Result<AllowDecision, DecisionFault> {
  const responseHeaders = readHeaders(result, 'response_headers_to_add');
  if (!responseHeaders.ok) return responseHeaders;
  const headersToRemove = readHeaderNames(result, 'request_headers_to_remove');
  if (!headersToRemove.ok) return headersToRemove;
  const queryToRemove = readQueryNames(result, 'query_parameters_to_remove');
  if (!queryToRemove.ok) return queryToRemove;
  const queryToSet = readQueryToSet(result, 'query_parameters_to_set');
  if (!queryToSet.ok) return queryToSet;

  const set = guardHeaders(common.headers);
  const towardsClient = guardHeaders(responseHeaders.value);
  const removed = guardHeaderNames(headersToRemove.value);
  const query = guardQuery(queryToSet.value);
  const queryRemoved = guardQueryNames(queryToRemove.value);
  const dropped = [set, towardsClient, removed, query, queryRemoved].flatMap(({ faults }) => faults);
  if (mutations === 'refuse' && dropped[0] !== undefined) return fail(dropped[0]);

  const headerNames = [...removed.kept, ...set.broken.map(({ name }) => name).filter(isRemovedWhenDropped)];
  const queryNames = [...queryRemoved.kept, ...guardQueryNames(query.broken.map(({ name }) => name)).kept];
  const excess = guardRemovals(headerNames, queryNames);
  if (excess !== undefined) return fail(excess);
  return ok({
    ...common,
    kind: 'allow',
    headers: set.kept,
    headersToRemove: headerNames,
    responseHeaders: towardsClient.kept,
    queryToSet: query.kept,
    queryToRemove: queryNames,
    dropped,
  });
}

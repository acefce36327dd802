import type { Config } from '../../config/schema.js';
import type { Attributes } from '../../envoy/attributes.js';
import { ok, type Result } from '../../errors/result.js';
import { type RequestRefusal, refuse } from './request-refusal.js';

/**
 * Refuses a check that lacks what Envoy always sends. A policy that only refuses what it knows allows a
 * request without a method or without anything, and takes one without a path for `/`.
 */
export function requireComplete(
  attributes: Attributes | undefined,
  options: Pick<Config['input'], 'incomplete'>,
): Result<undefined, RequestRefusal> {
  if (options.incomplete === 'pass') return ok(undefined);
  const http = attributes?.request?.http;
  if (http !== undefined) {
    if (!http.method) return refuse('request_incomplete', 'the check has no HTTP method');
    return http.path ? ok(undefined) : refuse('request_incomplete', 'the check has no path');
  }
  // Envoy's network filter asks about a connection, which has two ends and no request.
  const hasConnection = attributes?.source !== undefined || attributes?.destination !== undefined;
  return hasConnection ? ok(undefined) : refuse('request_incomplete', 'the check has no request and no connection');
}

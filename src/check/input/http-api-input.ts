import type { Config } from '../../config/schema.js';
import type { Attributes } from '../../envoy/attributes.js';
import { ok, type Result } from '../../errors/result.js';
import type { Caller } from '../../identity/identity.js';
import type { JsonObject } from '../../json/json.js';
import { headerView } from './headers.js';
import { callerMembers } from './input-caller.js';
import { parsePath, splitTarget } from './path.js';
import { parseQuery } from './query.js';
import { type RequestRefusal, refuse } from './request-refusal.js';

/**
 * The input of policies written for application middleware: `method`, `path`, `query`, `headers`,
 * `user`, `roles`. A check without a method is refused: such policies tend to allow whatever is not a
 * method they know.
 */
export function buildHttpApiInput(
  attributes: Attributes | undefined,
  caller: Caller,
  options: Config['input'],
): Result<JsonObject, RequestRefusal> {
  const http = attributes?.request?.http;
  if (http?.method === undefined || http.method === '') {
    return refuse('request_incomplete', 'the check has no HTTP method');
  }
  const target = http.path ?? '';
  const segments = parsePath(target, options);
  if (!segments.ok) return segments;
  const query = parseQuery(splitTarget(target).query, options.query_parsing);
  if (!query.ok) return query;
  const identity = caller.kind === 'identified' ? caller.identity : undefined;
  const rooted = options.leading_empty_segment && target.startsWith('/');
  return ok({
    method: http.method,
    path: rooted ? ['', ...segments.value] : segments.value,
    query: query.value,
    headers: headerView(http).all(),
    user: identity?.subject ?? '',
    roles: identity?.roles ?? [],
    ...callerMembers(caller),
  });
}

import { assertNever } from '../../errors/assert-never.js';
import type { Caller } from '../../identity/identity.js';
import type { JsonObject } from '../../json/json.js';

/** `identity` of a caller that is known, `identity_error` of one whose credential is invalid. */
export function callerMembers(caller: Caller): JsonObject {
  switch (caller.kind) {
    case 'anonymous':
      return {};
    case 'identified':
      return { identity: { ...caller.identity } };
    case 'invalid':
      return { identity_error: { ...caller.error } };
    default:
      return assertNever(caller);
  }
}

import { ok, type Result } from '../../errors/result.js';
import { type RequestRefusal, refuse } from './request-refusal.js';

/**
 * What no host has. Envoy joins two `Host` lines with a comma; before an `@` stands a user, behind a
 * slash, `?` or `#` no host any more; an escape is decoded by some readers only.
 */
const ambiguous = /[^!-~]|[,@/\\?#%]/;

/**
 * Refuses a host that policy and backend could take for different ones. Case and port stay as they were
 * sent. The host itself may hold a password and is not quoted.
 */
export function checkHost(host: string): Result<void, RequestRefusal> {
  return ambiguous.test(host) ? refuse('host_ambiguous', 'the host is ambiguous') : ok(undefined);
}

import type { HeaderChange } from '../../envoy/answer.js';
import { PortcullisError } from '../../errors/portcullis-error.js';
import { withoutCookies } from '../../identity/cookie.js';
import type { Caller } from '../../identity/identity.js';
import type { OutgoingIdentity } from '../../identity/outgoing/outgoing-identity.js';
import { fitsHeader, isHeaderValue } from '../decision/mutation-rules.js';
import type { HeaderView } from '../input/headers.js';
import { protectedHeaders, protectedSpellings } from './protected-headers.js';

/** What the backend is told of the caller, and which of the client's credentials are kept from it. */
export interface ForwardedIdentity {
  readonly set: readonly HeaderChange[];
  readonly remove: readonly string[];
}

/**
 * What cannot stand in a header ends the check: a backend that misses the roles or the token of a caller would take
 * him for someone else.
 */
export function forwardedIdentity(
  outgoing: OutgoingIdentity | undefined,
  caller: Caller,
  request: HeaderView,
): ForwardedIdentity {
  if (outgoing === undefined) return { set: [], remove: [] };
  const told = outgoing.headers(caller, Date.now() / 1000).map(({ name, value }): HeaderChange => {
    if (isHeaderValue(value) && fitsHeader(value)) return { name, value, mode: 'overwrite' };
    throw new PortcullisError('internal', `the identity does not fit into the header ${name}`);
  });
  const cookie = strippedCookie(outgoing, request);
  return {
    set: [...told, ...cookie.set],
    remove: [...protectedSpellings(outgoing.credentials.headers, request), ...cookie.remove],
  };
}

/**
 * What a policy's own value is appended to. Appending must not bring back what is kept from the backend: a header that
 * is set is not removed, and the client's credential would stand in it.
 */
export function keptFromClient(
  name: string,
  request: HeaderView,
  outgoing: OutgoingIdentity | undefined,
  protectedNames: readonly string[],
): string | undefined {
  if (protectedHeaders(protectedNames).covers(name)) return undefined;
  if (outgoing === undefined) return request.get(name);
  const { cookies, headers } = outgoing.credentials;
  if (protectedHeaders(headers).covers(name)) return undefined;
  return name === 'cookie' ? withoutCookies(request.values(name), new Set(cookies)) : request.get(name);
}

function strippedCookie({ credentials }: OutgoingIdentity, request: HeaderView): ForwardedIdentity {
  const lines = request.values('cookie');
  if (credentials.cookies.length === 0 || lines.length === 0) return { set: [], remove: [] };
  const rest = withoutCookies(lines, new Set(credentials.cookies));
  if (rest === undefined) return { set: [], remove: ['cookie'] };
  return { set: [{ name: 'cookie', value: rest, mode: 'overwrite' }], remove: [] };
}

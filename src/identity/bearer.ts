import type { IdentityError } from './identity.js';

/** What the `Authorization` header lines of a request hold. */
export type Authorization =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  /** A scheme other than Bearer. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'invalid'; readonly reason: IdentityError['reason'] };

/**
 * Reads a bearer token (RFC 6750, token68 of RFC 9110). Two credentials are refused even if they
 * are equal: backend and Portcullis might each believe another one. Envoy joins repeated lines
 * with a comma, which no bearer token contains.
 */
export function readAuthorization(values: readonly string[]): Authorization {
  const [value, second] = values;
  if (value === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'invalid', reason: 'ambiguous_credential' };
  if (/^bearer(?![!#$%&'*+\-.^_`|~\w])/i.test(value)) return readBearer(value);
  if (/,[ \t]*bearer([ \t,]|$)/i.test(value)) return { kind: 'invalid', reason: 'ambiguous_credential' };
  return value === '' ? { kind: 'invalid', reason: 'malformed_credential' } : { kind: 'foreign' };
}

function readBearer(value: string): Authorization {
  if (value.includes(',')) return { kind: 'invalid', reason: 'ambiguous_credential' };
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(value)?.[1];
  return token === undefined ? { kind: 'invalid', reason: 'malformed_credential' } : { kind: 'bearer', token };
}

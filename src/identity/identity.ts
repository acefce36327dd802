import type { PortcullisError } from '../errors/portcullis-error.js';
import type { JsonObject } from '../json/json.js';

/** Who is calling, as Portcullis established it; stands in the input as `input.identity`. */
export interface Identity {
  /** The kind of source that established it: `token-file`, `redis-session`, `jwt`, … */
  readonly source: string;
  /** Empty where a trusted header names roles only. */
  readonly subject: string;
  readonly email?: string;
  readonly roles: readonly string[];
  readonly groups?: readonly string[];
  /** What a JWT or an introspection says, as it stands there. */
  readonly claims?: JsonObject;
  /** Id of the session; it is no credential. */
  readonly session?: string;
  /** How strongly the person was authenticated, in the words of the authentication service; for step-up. */
  readonly auth_level?: string;
  /** Seconds since 1970, when the credential was made. */
  readonly issued_at?: number;
  /** Seconds since 1970, when the credential ends. */
  readonly expires_at?: number;
  /** Whole seconds until then. */
  readonly expires_in?: number;
}

/** Why a credential does not identify anyone. */
export const identityErrorReasons = [
  'unknown_token',
  'expired_token',
  'malformed_credential',
  'ambiguous_credential',
  'untrusted_peer',
  'untrusted_certificate',
  'algorithm_refused',
  'key_unknown',
  'signature_invalid',
  'claim_invalid',
  'session_invalid',
] as const;

export type IdentityErrorReason = (typeof identityErrorReasons)[number];

/** Why a credential that was presented does not identify anyone; stands in `input.identity_error`. */
export interface IdentityError {
  readonly source: string;
  /** A closed set: it reaches the policy, the decision log and the metrics. */
  readonly reason: IdentityErrorReason;
}

/**
 * What the sources found. `anonymous` means that no credential was presented; an invalid one is
 * never anonymous.
 */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'identified'; readonly identity: Identity }
  | { readonly kind: 'invalid'; readonly error: IdentityError };

/** There is a credential, and the store or service that knows it cannot tell: the check cannot be decided. */
export interface IdentityOutage {
  readonly kind: 'unavailable';
  readonly source: string;
  /** `identity_unavailable`. */
  readonly error: PortcullisError;
}

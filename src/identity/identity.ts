import type { JsonObject } from '../json/json.js';

/** Who is calling, as Portcullis established it; stands in the input as `input.identity`. */
export interface Identity {
  /** The kind of source that established it: `token-file`, `trusted-header`. */
  readonly source: string;
  readonly subject: string;
  readonly roles: readonly string[];
  /** Seconds since 1970, when the credential ends. */
  readonly expires_at?: number;
  readonly claims?: JsonObject;
}

/** Why a credential that was presented does not identify anyone; stands in `input.identity_error`. */
export interface IdentityError {
  readonly source: string;
  /** A closed set: it reaches the policy, the decision log and `WWW-Authenticate`. */
  readonly reason: 'unknown_token' | 'expired_token' | 'malformed_credential' | 'ambiguous_credential';
}

/**
 * What the sources found. `anonymous` means that no credential was presented; an invalid one is
 * never anonymous.
 */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'identified'; readonly identity: Identity }
  | { readonly kind: 'invalid'; readonly error: IdentityError };

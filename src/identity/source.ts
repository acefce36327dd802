import type { Caller, IdentityError } from './identity.js';

/** What a source may see of a request: header lines by lower-case name. */
export interface IdentityRequest {
  /**
   * Every value of the header, in order. Envoy joins repeated names with a comma in `headers` and
   * keeps them apart in `header_map`; a source answers alike to both.
   */
  values(name: string): readonly string[];
}

/**
 * What a source found. `foreign` is a credential that this source does not understand: a later
 * source may, and if none does, it is invalid.
 */
export type Finding = Caller | { readonly kind: 'foreign'; readonly error: IdentityError };

/** Establishes who is calling. A source never throws and never rejects. */
export interface IdentitySource {
  /** `token-file`, `trusted-header`, …: stands in the identity. */
  readonly kind: string;
  /** `nowSeconds` is the time since 1970, in seconds. */
  identify(request: IdentityRequest, nowSeconds: number): Finding | Promise<Finding>;
}

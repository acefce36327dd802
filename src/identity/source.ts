import type { Result } from '../errors/result.js';
import type { JsonObject } from '../json/json.js';
import type { Caller, IdentityError, IdentityOutage } from './identity.js';

/** What a source may see of a request. */
export interface IdentityRequest {
  /**
   * Every value of the header (lower-case name), in order. Envoy joins repeated names with a comma in
   * `headers` and keeps them apart in `header_map`; a source answers alike to both.
   */
  values(name: string): readonly string[];
  /** Whoever is connected to the gateway. */
  readonly peer: IdentityPeer;
  /** Dynamic metadata that filters before ext_authz have set under this name. A client cannot set it. */
  metadata(namespace: string): JsonObject | undefined;
  /** When the answer must be there, on the clock of `performance.now()`. */
  readonly deadline: number;
}

/** The other end of the gateway's connection, as the gateway saw it: no header can change it. */
export interface IdentityPeer {
  /** IP address; undefined for a Unix socket. */
  readonly address: string | undefined;
  /** What the gateway made of the peer's certificate: the first URI in it, else a DNS name, else the subject. */
  readonly principal: string | undefined;
  /** The SPIFFE ID in the certificate that the gateway sent, if it holds one; undefined when it sent none. */
  spiffeId(): Result<string | undefined> | undefined;
}

/**
 * What a source found. `foreign` is a credential that this source does not understand: a later
 * source may, and if none does, it is invalid. `unavailable`: there is a credential, and whoever
 * knows it cannot be asked.
 */
export type Finding = Caller | IdentityOutage | { readonly kind: 'foreign'; readonly error: IdentityError };

/** Where in a request a source looks for a credential. */
export interface CredentialPlaces {
  /** Header names in lower case, without `cookie`. */
  readonly headers: readonly string[];
  /** Names of cookies. */
  readonly cookies: readonly string[];
}

/** Establishes who is calling. A source never throws and never rejects. */
export interface IdentitySource {
  /** `token-file`, `trusted-header`, …: stands in the identity. */
  readonly kind: string;
  readonly credentials: CredentialPlaces;
  /** `nowSeconds` is the time since 1970, in seconds. */
  identify(request: IdentityRequest, nowSeconds: number): Finding | Promise<Finding>;
  /** Resolves when the source has reached what it needs, or has waited long enough for it. */
  readonly started?: Promise<void>;
  /** Ends what the source started; it is not asked afterwards. */
  close?(): Promise<void>;
}

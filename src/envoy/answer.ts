import type { JsonObject } from '../json/json.js';

/**
 * One header to set. `overwrite` replaces every value of that name; `add` lets it stand beside
 * others of the same name (only towards the client: `Set-Cookie`, `WWW-Authenticate`).
 */
export interface HeaderChange {
  readonly name: string;
  readonly value: string;
  readonly mode: 'overwrite' | 'add';
}

export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/** What Envoy is told, free of wire types. */
export type Answer = AllowAnswer | DenyAnswer | FailureAnswer;

export interface AllowAnswer {
  readonly kind: 'allow';
  /** Towards the backend; written with `append: false` and OVERWRITE_IF_EXISTS_OR_ADD on each. */
  readonly headers: readonly HeaderChange[];
  readonly headersToRemove: readonly string[];
  /** Towards the client. */
  readonly responseHeaders: readonly HeaderChange[];
  /** Written as given: names and values are already percent-encoded. */
  readonly queryToSet: readonly QueryParameter[];
  readonly queryToRemove: readonly string[];
  readonly metadata: JsonObject;
  /** opa-envoy-plugin sends no `ok_response` for a boolean decision. */
  readonly bare?: boolean;
}

export interface DenyAnswer {
  readonly kind: 'deny';
  readonly status: number;
  readonly headers: readonly HeaderChange[];
  readonly body: string;
  readonly metadata: JsonObject;
  /** The message of the gRPC status inside the answer, which Envoy does not show to anyone. */
  readonly statusMessage?: string;
  /** opa-envoy-plugin sends no `denied_response` for a boolean decision. */
  readonly bare?: boolean;
}

/** A gRPC error: Envoy's own `failure_mode_allow` and `status_on_error` govern. */
export interface FailureAnswer {
  readonly kind: 'failure';
  readonly status: FailureStatus;
  /** A fixed text; never the cause. */
  readonly message: string;
}

/** gRPC status names that Portcullis answers with. */
export type FailureStatus =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED';

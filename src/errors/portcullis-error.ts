/**
 * Every failure that Portcullis names. A code is stable: it is the log field `code`, a label of
 * the error counter and a row of `docs/errors.md`, which a test holds against this table.
 */
export const errorCodes = {
  config_invalid: 'The configuration has an unknown key, a wrong type or an impossible combination.',
  config_unreadable: 'The configuration file, or a file it refers to, cannot be read.',
  address_in_use: 'Another process listens on the address, or a regular file is where the socket should be.',
  listen_failed: 'The address cannot be listened on for another reason.',
  tls_invalid: 'A certificate, key or certificate authority is missing, unreadable or does not fit.',
  bundle_missing: 'There is no bundle at the configured place.',
  bundle_invalid: 'The bundle cannot be used: broken archive, no WebAssembly module, or no such decision path.',
  bundle_unverified: 'The bundle is not signed, or its signature does not vouch for what is in it.',
  bundle_unreachable: 'The place that bundles come from cannot be reached, or does not have the one that is wanted.',
  builtin_unsupported: 'The policy needs a built-in function that the embedded engine does not have.',
  engine_unreachable: 'OPA cannot be reached, dropped the connection, or answered something that is no OPA answer.',
  engine_timeout: 'The engine did not answer before the deadline.',
  engine_overloaded: 'More checks are in flight than the configuration admits.',
  engine_closed: 'The engine has been closed.',
  identity_unavailable: 'The store or service that knows who is calling cannot be asked, or answers too late.',
  data_stale:
    'Watched data that the policy counts on has not been read yet, or is older than the configuration admits.',
  policy_error: 'The policy failed while it was evaluated (a conflict, for example).',
  decision_undefined: 'The decision path has no value for this input.',
  decision_invalid: 'The policy returned something that is not a well-formed decision.',
  kubernetes_failed: 'The Kubernetes API server cannot be reached, is late, or answered something that cannot be used.',
  request_invalid: 'The request is malformed or ambiguous.',
  cancelled: 'Envoy gave up on the check before it was answered.',
  internal: 'A fault in Portcullis itself.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * The one error class. `message` is written for the operator; `cause` is for the log only and
 * never leaves the process.
 */
export class PortcullisError extends Error {
  override readonly name = 'PortcullisError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Turns anything thrown into a PortcullisError; what is foreign becomes `code`. */
  static from(thrown: unknown, code: ErrorCode = 'internal'): PortcullisError {
    if (thrown instanceof PortcullisError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new PortcullisError(code, message, { cause: thrown });
  }
}

import type { Cancellation } from '../engine/engine.js';
import type { FailureStatus } from '../envoy/answer.js';

export type { Cancellation } from '../engine/engine.js';

/**
 * One check: bytes of a CheckRequest in; bytes of a CheckResponse, or a gRPC status, out.
 * Never throws, never rejects. It may answer at once or by a promise.
 */
export type CheckHandler = (request: Buffer, call: CheckCall) => CheckReply | Promise<CheckReply>;

/** What the server knows about a call besides its bytes. */
export interface CheckCall {
  /** On the clock of `performance.now()`, in milliseconds; Infinity when the caller set none. */
  readonly deadline: number;
  /** Aborted when Envoy gives up. */
  readonly signal: Cancellation;
}

export type CheckReply =
  | { readonly kind: 'response'; readonly bytes: Buffer }
  | { readonly kind: 'status'; readonly status: FailureStatus; readonly message: string };

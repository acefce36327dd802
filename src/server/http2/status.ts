import type { FailureStatus } from '../../envoy/answer.js';

export type StatusName = FailureStatus | 'NOT_FOUND';

/** How a call ends without an answer. The message is a fixed text. */
export interface CallFailure {
  readonly kind: 'status';
  readonly status: StatusName;
  readonly message: string;
}

/** The numbers of `grpc-status`. */
export const statusCode: Readonly<Record<StatusName, number>> = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

export function callFailure(status: StatusName, message: string): CallFailure {
  return { kind: 'status', status, message };
}

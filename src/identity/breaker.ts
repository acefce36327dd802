/** Spares a service that does not answer: after some failures in a row it is not asked for a while. */
export interface Breaker {
  /** Whether the service may be asked now. After the pause one caller at a time may. */
  admits(): boolean;
  succeeded(): void;
  failed(): void;
}

export interface BreakerOptions {
  readonly failures: number;
  /** Milliseconds. */
  readonly pause: number;
}

/** @param now milliseconds on a clock that does not jump */
export function createBreaker(
  { failures, pause }: BreakerOptions,
  now: () => number = () => performance.now(),
): Breaker {
  let inARow = 0;
  let closedUntil = Number.NEGATIVE_INFINITY;
  return {
    admits() {
      if (inARow < failures) return true;
      if (now() < closedUntil) return false;
      // Whoever comes while this one tries waits for the next pause to end.
      closedUntil = now() + pause;
      return true;
    },
    succeeded() {
      inARow = 0;
    },
    failed() {
      inARow += 1;
      if (inARow >= failures) closedUntil = now() + pause;
    },
  };
}

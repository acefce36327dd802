/** How often an origin is asked. All in milliseconds. */
export interface Pace {
  readonly minDelay: number;
  readonly maxDelay: number;
  /** How long the server may keep a request waiting for news; 0 asks for an answer at once. */
  readonly longPolling: number;
}

/** The first failure may be a hiccup; adapters that all lost their server must not come back as one. */
const shortestBackOff = 500;

/**
 * How long to wait before the next look: anywhere between the two delays, so that many adapters do not ask at once, and
 * after failures from soon to `maxDelay`, doubling.
 */
export function pauseAfter(failures: number, { longPolling, maxDelay, minDelay }: Pace, random = Math.random): number {
  if (failures === 0) return longPolling > 0 ? 0 : minDelay + random() * (maxDelay - minDelay);
  const ceiling = Math.min(maxDelay, shortestBackOff * 2 ** Math.min(failures, 16));
  return ceiling / 2 + (random() * ceiling) / 2;
}

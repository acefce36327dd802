/** How often an origin is asked. All in milliseconds. */
export interface Pace {
  readonly minDelay: number;
  readonly maxDelay: number;
  /** How long the server may keep a request waiting for news; 0 asks for an answer at once. */
  readonly longPolling: number;
}

/** The first failure may be a hiccup; adapters that all lost their server must not come back as one. */
const shortestBackOff = 500;

/** What came of the last look. */
export interface Look {
  /** In a row. */
  readonly failures: number;
  /** Milliseconds that the answer took. */
  readonly took: number;
  /** Whether it brought another bundle. */
  readonly news: boolean;
}

/** An answer that came sooner was not held: the server does not know long polling. */
const held = 1000;

/**
 * How long to wait before the next look: anywhere between the two delays, so that many adapters do not ask at once, and
 * after failures from soon to `maxDelay`, doubling. A server that holds requests until there is news is asked again at
 * once; one that only seems to would be asked without end.
 */
export function pauseAfter(look: Look, { longPolling, maxDelay, minDelay }: Pace, random = Math.random): number {
  if (look.failures > 0) {
    const ceiling = Math.min(maxDelay, shortestBackOff * 2 ** Math.min(look.failures - 1, 16));
    return ceiling / 2 + (random() * ceiling) / 2;
  }
  if (longPolling > 0 && (look.took >= held || look.news)) return 0;
  return minDelay + random() * (maxDelay - minDelay);
}

import { setTimeout as wait } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds until it gives up. */
  readonly within?: number;
  /** Milliseconds between attempts. */
  readonly every?: number;
}

/** Repeats `attempt` until it does not throw; then returns what it returned, or throws its last error. */
export async function eventually<Value>(
  attempt: () => Value | Promise<Value>,
  patience: Patience = {},
): Promise<Value> {
  const { within = 5_000, every = 25 } = patience;
  const giveUpAt = Date.now() + within;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
    await wait(every);
  }
}

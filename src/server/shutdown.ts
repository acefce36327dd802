import { setTimeout as delay } from 'node:timers/promises';

import type { Readiness } from './readiness.js';
import type { DrainableServer } from './server-group.js';

/** Times in milliseconds. */
export interface ShutdownPeriods {
  /** How long to keep serving after health says NOT_SERVING. */
  readonly quietPeriod: number;
  /** How long checks in flight may take to end. */
  readonly drainTimeout: number;
}

/**
 * Leaves the load balancer first, then goes: health NOT_SERVING, a quiet period in which checks are
 * still answered, then one GOAWAY on each connection. No GOAWAY comes earlier, because Node's HTTP/2
 * ignores, without a word, each stream that is opened after it.
 *
 * @param hurry aborted by a second signal: what is left is cut at once
 * @returns whether every check could end by itself
 */
export async function shutDown(
  readiness: Pick<Readiness, 'drain'>,
  server: DrainableServer,
  periods: ShutdownPeriods,
  hurry: AbortSignal,
): Promise<'drained' | 'forced'> {
  readiness.drain();
  await within(periods.quietPeriod, hurry, server.whenNoConnections());

  const stopped = server.stop();
  const drained = await within(periods.drainTimeout, hurry, stopped);
  if (drained) return 'drained';
  server.destroy();
  await stopped;
  return 'forced';
}

/** Whether `done` resolves before the time is up and before `hurry`. */
async function within(milliseconds: number, hurry: AbortSignal, done: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const signal = AbortSignal.any([hurry, timer.signal]);
  const late = delay(milliseconds, false, { signal }).catch(() => false);
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    timer.abort();
  }
}

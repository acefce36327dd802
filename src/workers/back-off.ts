/** Milliseconds. */
const first = 100;
const longest = 30_000;

/** A worker that ran for this long has not failed because of how it was started. */
export const steadyAfter = 60_000;

/**
 * Milliseconds before a worker is started again: at once nearly, then each time twice as long, so that one that cannot
 * live does not take the processor from the others.
 *
 * @param failures how often in a row it has ended early, this time included
 */
export function backOff(failures: number): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}

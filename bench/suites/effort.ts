import type { Effort } from '../measure/rounds.js';

/** Minutes that a whole run takes with the usual effort on a quiet machine. */
export const usualMinutes = 20;

const usualRounds = 3;

/** Shows that everything works; its figures mean little. */
export const quickEffort: Effort = { rounds: 2, seconds: 1, warmup: 1, attempts: 1, patience: 0 };

/** What fits into about so many minutes: longer means more rounds, not longer ones. */
export function effortFor(minutes: number): Effort {
  if (!(minutes > 0)) throw new Error('--minutes needs a number above 0');
  const rounds = Math.max(2, Math.round((usualRounds * minutes) / usualMinutes));
  return { rounds, seconds: 2, warmup: 3, attempts: 2, patience: 0 };
}

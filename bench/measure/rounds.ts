import { setTimeout as wait } from 'node:timers/promises';
import type { Rig, Running } from '../contenders/contender.js';
import { untilCalm } from '../rig/calm.js';
import type { Shape } from '../rig/load.js';
import type { Workload } from '../workloads/workload.js';
import { measureWindow, type Window } from './window.js';

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** Seconds of each window. */
  readonly seconds: number;
  /** Seconds for which each contender is warmed up before the first round. */
  readonly warmup: number;
  /** How often a disturbed window is measured at most. */
  readonly attempts: number;
  /** Seconds to wait before a window for a machine that is busy with something else. */
  readonly patience: number;
}

/** The windows of one contender under one workload and shape, one for each round. */
export interface Figure {
  readonly workload: string;
  readonly shape: string;
  readonly contender: string;
  readonly windows: readonly Window[];
}

export interface RoundsOptions {
  readonly rig: Rig;
  readonly running: readonly Running[];
  readonly workload: Workload;
  readonly shape: Shape;
  readonly effort: Effort;
}

/** A window in which more than this share of the core went elsewhere is measured again. */
export const tolerableDisturbance = 0.05;
const mostFailures = 0.05;

/**
 * Measures each contender once in each round, every round beginning with the next one, so that neither a slow change of
 * the machine nor the place in the order favours anyone.
 */
export async function measureRounds(options: RoundsOptions): Promise<readonly Figure[]> {
  const { effort, rig, running, shape, workload } = options;
  const windows = new Map<string, Window[]>(running.map(({ contender }) => [contender.id, []]));
  for (let round = 0; round < effort.rounds; round += 1) {
    const first = round % Math.max(1, running.length);
    for (const one of [...running.slice(first), ...running.slice(0, first)]) {
      await untilCalm(effort.patience);
      const window = await leastDisturbed(effort.attempts, () =>
        measureWindow({ rig, running: one, workload, shape, warmup: 0.3, seconds: effort.seconds, seed: round + 1 }),
      );
      // At a rate that is too high for it, a server may refuse; the table of latencies says so.
      if (shape.rate === 0) requireAnswers(one, window);
      windows.get(one.contender.id)?.push(window);
    }
  }
  return running.map(({ contender }) => ({
    workload: workload.id,
    shape: shape.id,
    contender: contender.id,
    windows: windows.get(contender.id) ?? [],
  }));
}

/** A server that refuses most of what it is asked is fast without being good at anything. */
function requireAnswers({ contender }: Running, { failed, outcomes }: Window): void {
  if (failed <= mostFailures) return;
  throw new Error(`${contender.id} does not answer as it should: ${JSON.stringify(outcomes)}`);
}

async function leastDisturbed(attempts: number, measure: () => Promise<Window>): Promise<Window> {
  let best = await measure();
  for (let attempt = 1; attempt < attempts && best.disturbed > tolerableDisturbance; attempt += 1) {
    await wait(500);
    const again = await measure();
    if (again.disturbed < best.disturbed) best = again;
  }
  return best;
}

/** Checks after which Node has compiled what runs often. */
const steadyAfter = 50_000;
const longestWarmUp = 5;

/**
 * Lets each contender reach its steady state. A compiler at run time needs so many checks, not so many seconds: a slow
 * contender gets up to five times as long.
 */
export async function warmUp({ rig, running, workload, shape, effort }: RoundsOptions): Promise<void> {
  for (const one of running) {
    let answered = 0;
    for (let time = 0; time < longestWarmUp && (time === 0 || answered < steadyAfter); time += 1) {
      const seconds = effort.warmup;
      const { rate } = await measureWindow({ rig, running: one, workload, shape, warmup: 0, seconds, seed: time + 1 });
      // At a fixed rate more time brings little; what is measured so need not be at its limit.
      answered += shape.rate > 0 ? steadyAfter : rate * seconds;
    }
  }
}

import type { Contender, Rig, Running } from '../contenders/contender.js';
import type { Shape } from '../rig/load.js';
import type { Workload } from '../workloads/workload.js';
import { type Effort, type Figure, measureRounds, warmUp } from './rounds.js';
import { requireSameAnswers } from './same-answers.js';

/** Envoy's way: few connections, many requests under way on each. */
export const envoyShape: Shape = {
  id: '4x16',
  title: '4 connections × 16 streams',
  connections: 4,
  streams: 16,
  rate: 0,
};
export const manyConnections: Shape = {
  id: '50x1',
  title: '50 connections × 1 stream',
  connections: 50,
  streams: 1,
  rate: 0,
};
export const serial: Shape = { id: '1x1', title: 'one at a time', connections: 1, streams: 1, rate: 0 };

export function openLoop(rate: number): Shape {
  const rounded = Math.round(rate);
  return {
    id: `open-${rounded}`,
    title: `${rounded.toLocaleString('en')} checks a second`,
    connections: 4,
    streams: 1,
    rate: rounded,
  };
}

/** Starts contenders with a workload, checks that they agree, warms them up, and stops them after `use`. */
export async function inArena<Value>(
  rig: Rig,
  contenders: readonly Contender[],
  workload: Workload,
  effort: Effort,
  use: (running: readonly Running[]) => Promise<Value>,
): Promise<Value> {
  const running: Running[] = [];
  try {
    for (const contender of contenders) running.push(await contender.start(rig, workload));
    await requireSameAnswers(running, workload);
    await warmUp({ rig, running, workload, shape: envoyShape, effort });
    return await use(running);
  } finally {
    for (const one of running) await one.stop();
  }
}

/** Measures a workload in several shapes. */
export function measureShapes(
  rig: Rig,
  contenders: readonly Contender[],
  workload: Workload,
  shapes: readonly Shape[],
  effort: Effort,
): Promise<readonly Figure[]> {
  return inArena(rig, contenders, workload, effort, async (running) => {
    const figures: Figure[] = [];
    for (const shape of shapes) figures.push(...(await measureRounds({ rig, running, workload, shape, effort })));
    return figures;
  });
}

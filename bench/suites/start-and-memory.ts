import type { Contender, Rig } from '../contenders/contender.js';
import { envoyShape, inArena } from '../measure/arena.js';
import type { Effort } from '../measure/rounds.js';
import { measureWindow } from '../measure/window.js';
import type { Shape } from '../rig/load.js';
import { memory } from '../rig/usage.js';
import type { Workload } from '../workloads/workload.js';

/** Milliseconds from the start of the processes to the first answered check. */
export interface StartFigure {
  readonly contender: string;
  readonly workload: string;
  readonly milliseconds: readonly number[];
}

export async function measureStarts(
  rig: Rig,
  contenders: readonly Contender[],
  workload: Workload,
  times: number,
): Promise<readonly StartFigure[]> {
  const figures = contenders.map(({ id }) => ({ contender: id, workload: workload.id, milliseconds: [] as number[] }));
  await Promise.all([workload.messages(), workload.policy.wasmBundle(), workload.policy.regoBundle()]);
  for (let time = 0; time < times; time += 1) {
    for (const [index, contender] of contenders.entries()) {
      const started = performance.now();
      const running = await contender.start(rig, workload);
      figures[index]?.milliseconds.push(performance.now() - started);
      await running.stop();
    }
  }
  return figures;
}

/** Resident memory in MB, of all processes of a contender together. */
export interface MemoryFigure {
  readonly contender: string;
  readonly idle: number;
  /** At full load with 64 checks under way. */
  readonly loaded: number;
  /** The highest it has been, with 1,000 checks under way at last. */
  readonly highest: number;
  /** KB that each of the further checks under way has brought. */
  readonly perCheck: number;
}

const crowd: Shape = { id: '4x250', title: '4 connections × 250 streams', connections: 4, streams: 250, rate: 0 };

export async function measureMemory(
  rig: Rig,
  contenders: readonly Contender[],
  workload: Workload,
  effort: Effort,
): Promise<readonly MemoryFigure[]> {
  const figures: MemoryFigure[] = [];
  const { seconds, warmup } = effort;
  for (const contender of contenders) {
    figures.push(
      await inArena(rig, [contender], workload, { ...effort, warmup: 0.1 }, async ([running]) => {
        if (running === undefined) throw new Error('nothing has been started');
        const resident = async (which: 'now' | 'highest') => {
          const all = await Promise.all(running.processes.map(({ pid }) => memory(pid)));
          return all.reduce((sum, one) => sum + one[which], 0);
        };
        const load = (shape: Shape) => measureWindow({ rig, running, workload, shape, warmup, seconds, seed: 1 });
        const idle = await resident('now');
        const loaded = (await load(envoyShape)).memory;
        const before = await resident('highest');
        await load(crowd);
        const highest = await resident('highest');
        const more = crowd.connections * crowd.streams - envoyShape.connections * envoyShape.streams;
        return { contender: contender.id, idle, loaded, highest, perCheck: ((highest - before) * 1024) / more };
      }),
    );
  }
  return figures;
}

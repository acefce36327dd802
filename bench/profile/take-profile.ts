import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rig } from '../contenders/contender.js';
import { type PortcullisVariant, portcullis } from '../contenders/portcullis.js';
import { envoyShape } from '../measure/arena.js';
import { warmUp } from '../measure/rounds.js';
import { measureWindow } from '../measure/window.js';
import { workshopFolder } from '../rig/places.js';
import { cpuSeconds } from '../rig/usage.js';
import type { Workload } from '../workloads/workload.js';
import { type CpuProfile, type FunctionTime, functionTimes, lastSeconds } from './cpu-profile.js';
import { stageOf } from './stages.js';

export interface TakenProfile {
  readonly title: string;
  /** Checks a second, under the profiler. */
  readonly rate: number;
  readonly times: readonly FunctionTime[];
  /** Processor time of each process, in seconds. */
  readonly processes: readonly { readonly name: string; readonly seconds: number }[];
  /** The file that Node wrote. */
  readonly file: string;
}

/** Runs a variant of Portcullis at full load under Node's profiler. */
export async function takeProfile(
  rig: Rig,
  variant: PortcullisVariant,
  workload: Workload,
  seconds: number,
): Promise<TakenProfile> {
  const folder = await mkdtemp(join(await workshopFolder('profiles'), `${workload.id}-`));
  const flags = ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', folder];
  const contender = portcullis({ ...variant, nodeFlags: [...(variant.nodeFlags ?? []), ...flags] });
  const running = await contender.start(rig, workload);
  const used = () => Promise.all(running.processes.map(({ pid }) => cpuSeconds(pid)));
  try {
    const options = { rig, running, workload, shape: envoyShape, seed: 1 };
    const effort = { rounds: 1, seconds, warmup: Math.min(5, seconds), attempts: 1, patience: 0 };
    await warmUp({ rig, running: [running], workload, shape: envoyShape, effort });
    const before = await used();
    const window = await measureWindow({ ...options, warmup: 0, seconds });
    const after = await used();
    await running.stop();
    const [name = ''] = await readdir(folder);
    const file = join(folder, name);
    const content = JSON.parse(await readFile(file, 'utf8')) as CpuProfile;
    return {
      title: contender.title,
      rate: window.rate,
      times: functionTimes(lastSeconds(content, seconds), stageOf),
      processes: running.processes.map((process, index) => ({
        name: process.name,
        seconds: (after[index] ?? 0) - (before[index] ?? 0),
      })),
      file,
    };
  } finally {
    await running.stop();
  }
}

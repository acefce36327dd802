import { parseArgs } from 'node:util';
import type { Rig, Running } from './contenders/contender.js';
import { contenders } from './contenders/table.js';
import { envoyShape, inArena } from './measure/arena.js';
import { measureWindow } from './measure/window.js';
import { writeSoak } from './report/files.js';
import type { SoakResult } from './report/soak-result.js';
import { prepareRig } from './rig/rig.js';
import { workloads } from './workloads/table.js';

const usage = `npm run bench:soak -- [--minutes N] [--contender ID]

Keeps one contender at full load, an hour unless told otherwise, and fails when its memory grows. The result goes into
docs/performance-soak.json and docs/performance.md.`;

const stretch = 15;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    contender: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function soak(minutes: number): Promise<void> {
  const rig = await prepareRig({ everyNode: true });
  const id = values.contender ?? `embedded/${rig.runtimes.at(-1)?.id}`;
  const contender = (await contenders(rig.runtimes)).find((one) => one.id === id);
  if (contender === undefined) throw new Error(`there is no contender ${id}`);
  const effort = { rounds: 1, seconds: stretch, warmup: 5, attempts: 1, patience: 0 };
  const result = await inArena(rig, [contender], workloads.gateway, effort, async ([running]) => {
    if (running === undefined) throw new Error('nothing has been started');
    return keepBusy(rig, running, minutes);
  });
  await writeSoak(result);
  const verdict = result.grows ? 'memory grows' : 'memory does not grow';
  console.log(`${verdict}: ${result.growthPerHour.toFixed(1)} MB an hour over the second half`);
  if (result.grows || result.failed > 0) process.exitCode = 1;
}

async function keepBusy(rig: Rig, running: Running, minutes: number): Promise<SoakResult> {
  const memory: number[] = [];
  let checks = 0;
  let failed = 0;
  const workload = workloads.gateway;
  const stretches = Math.max(8, Math.round((minutes * 60) / stretch));
  for (let index = 0; index < stretches; index += 1) {
    const options = { rig, running, workload, shape: envoyShape, warmup: 0, seconds: stretch, seed: 1 };
    const window = await measureWindow(options);
    memory.push(window.memory);
    checks += window.rate * stretch;
    failed += window.failed * window.rate * stretch;
    const sofar = ((index + 1) * stretch) / 60;
    console.log(`${sofar.toFixed(2)} min: ${window.memory.toFixed(0)} MB, ${window.rate.toFixed(0)} checks/s`);
  }
  return {
    measuredAt: new Date().toISOString(),
    contender: running.contender.id,
    minutes: (stretches * stretch) / 60,
    checks: Math.round(checks),
    failed: Math.round(failed),
    memory,
    growthPerHour: slope(memory.slice(memory.length / 2)) * (3_600 / stretch),
    grows: growsSteadily(memory),
  };
}

/** The last quarter lies wholly above the second: more than the ups and downs of garbage collection. */
function growsSteadily(memory: readonly number[]): boolean {
  const quarter = Math.floor(memory.length / 4);
  return Math.min(...memory.slice(-quarter)) > Math.max(...memory.slice(quarter, 2 * quarter));
}

/** Least squares, for each step. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const rise = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const run = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return rise / run;
}

if (values.help) console.log(usage);
else await soak(Number(values.minutes));

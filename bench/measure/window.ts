import type { Rig, Running } from '../contenders/contender.js';
import { type LoadResult, runLoad, type Shape } from '../rig/load.js';
import { coreTime, cpuSeconds, memory } from '../rig/usage.js';
import type { Workload } from '../workloads/workload.js';

/** One contender under load for one stretch of time. */
export interface Window {
  /** Answers a second. */
  readonly rate: number;
  readonly latency: LoadResult['latency'];
  readonly outcomes: LoadResult['outcomes'];
  /** Share of the requests that got neither an allow nor a deny. */
  readonly failed: number;
  /** Microseconds of processor time, of all processes of the contender together. */
  readonly cpuPerCheck: number;
  /** MB, of all processes of the contender together, at the end. */
  readonly memory: number;
  /** Share of the server's core that others used or that the machine below took away; 0 where it cannot be told. */
  readonly disturbed: number;
  /** Share of its core that the load program used: near 1, it is the load that is measured. */
  readonly loadBusy: number;
}

export interface WindowOptions {
  readonly rig: Rig;
  readonly running: Running;
  readonly workload: Workload;
  readonly shape: Shape;
  /** Seconds. */
  readonly warmup: number;
  readonly seconds: number;
  readonly seed: number;
}

export async function measureWindow(options: WindowOptions): Promise<Window> {
  const { rig, running, seconds, seed, shape, warmup, workload } = options;
  const before = await sample(running, rig);
  const started = performance.now();
  const load = await runLoad({
    program: rig.load,
    cores: rig.cores,
    address: [running.address, ...(running.others ?? [])].join(','),
    requests: await workload.requestFile(),
    shape,
    warmup,
    seconds,
    seed,
  }).catch((error: unknown) => {
    const words = running.processes.map((process) => process.lastWords()).join('\n');
    throw new Error(`${running.contender.id}, ${shape.id}\n${words}`, { cause: error });
  });
  const elapsed = (performance.now() - started) / 1000;
  const after = await sample(running, rig);
  const cpu = after.cpu - before.cpu;
  return {
    rate: load.rate,
    latency: load.latency,
    outcomes: load.outcomes,
    failed: failedShare(load),
    cpuPerCheck: (cpu / load.sent) * 1e6,
    memory: after.memory,
    disturbed: Math.max(0, after.core - before.core - cpu) / elapsed,
    loadBusy: load.cpuSeconds / elapsed,
  };
}

function failedShare({ outcomes, requests, unanswered }: LoadResult): number {
  const answered = Object.entries(outcomes).filter(([name]) => /^(allow|deny \d+|http 200)$/.test(name));
  return 1 - sum(answered.map(([, count]) => count)) / (requests + unanswered);
}

async function sample({ processes }: Running, { cores }: Rig) {
  const core = cores.server === undefined ? undefined : await coreTime(cores.server);
  const used = await Promise.all(processes.map(({ pid }) => cpuSeconds(pid)));
  const resident = await Promise.all(processes.map(({ pid }) => memory(pid)));
  return {
    cpu: sum(used),
    memory: sum(resident.map(({ now }) => now)),
    core: core === undefined ? 0 : core.processes + core.stolen,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

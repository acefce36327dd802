import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { whyTaken } from '../../scripts/demo/address.js';
import { freeAddress, freePort } from '../../test/support/ports.js';
import { createCpuQuota } from '../rig/cpu-quota.js';
import { workshopFolder } from '../rig/places.js';
import { type ServerProcess, startServer } from '../rig/server-process.js';
import type { Workload } from '../workloads/workload.js';
import type { Contender, Rig, Running } from './contender.js';
import { programOf } from './portcullis.js';
import { untilAnswering } from './running.js';

/** Of the server's core, for each worker: two and the supervisor have room on one core. */
export const workerShare = 0.45;

/**
 * Portcullis with several workers, each of which gets the same share of the core, so that on a machine with two cores,
 * too, what two do can be compared with what one does.
 */
export function workersContender(count: number, runtime: string): Contender {
  const contender: Contender = {
    id: `workers-${count}/${runtime}`,
    title: `${count === 1 ? 'one worker' : `${count} workers`}, ${runtime.replace('node', 'Node ')}`,
    decides: true,
    start: (rig, workload) => start(contender, count, runtime, rig, workload),
  };
  return contender;
}

async function start(
  contender: Contender,
  count: number,
  runtime: string,
  rig: Rig,
  workload: Workload,
): Promise<Running> {
  const port = await freePorts(count);
  const admin = await freeAddress();
  const file = join(await mkdtemp(join(await workshopFolder('run'), 'w-')), 'portcullis.json');
  const config = {
    grpc: { address: `127.0.0.1:${port}` },
    admin: { address: admin },
    workers: { count },
    shutdown: { quiet_period: '0ms' },
    log: { level: 'error' },
    engine: { kind: 'wasm', timeout: '1s', wasm: { bundle: await workload.policy.wasmBundle() } },
  };
  await writeFile(file, JSON.stringify(config));
  const program = programOf(rig, runtime);
  const args = [rig.main, 'serve', '--config', file];
  const main = startServer({ name: 'portcullis', program, args, core: rig.cores.server });
  const running = await untilAnswering(contender, `127.0.0.1:${port}`, [main], workload);
  const pids = count === 1 ? [main.pid] : await workerPids(admin);
  const quotas = await Promise.all(pids.map((pid) => createCpuQuota(String(pid), workerShare)));
  for (const [index, quota] of quotas.entries()) await quota.add(pids[index] ?? 0);
  return {
    ...running,
    others: Array.from({ length: count - 1 }, (_, index) => `127.0.0.1:${port + index + 1}`),
    processes: count === 1 ? [main] : [main, ...pids.map(worker)],
    stop: async () => {
      await running.stop();
      for (const quota of quotas) await quota.remove();
    },
  };
}

/** A worker is started and stopped by its supervisor; here it only counts. */
function worker(pid: number): ServerProcess {
  return { name: 'worker', pid, isRunning: () => true, lastWords: () => '', stop: () => Promise.resolve() };
}

/** Once all are ready. */
async function workerPids(admin: string): Promise<readonly number[]> {
  for (;;) {
    const answer = await fetch(`http://${admin}/readyz`).catch(() => undefined);
    if (answer?.ok) break;
    await wait(20);
  }
  const page = (await (await fetch(`http://${admin}/status`)).json()) as { workers: { pid: number }[] };
  return page.workers.map(({ pid }) => pid);
}

/** The first of several free ports in a row. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const others = Array.from({ length: count - 1 }, (_, index) => `127.0.0.1:${first + index + 1}`);
    const taken = await Promise.all(others.map(whyTaken));
    if (taken.every((why) => why === undefined)) return first;
  }
}

import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A group of processes that together get a share of one core and no more, however idle the machine is. */
export interface CpuQuota {
  /** All threads of the process, from now on. */
  add(pid: number): Promise<void>;
  /** Call it when the processes have ended. */
  remove(): Promise<void>;
}

const root = '/sys/fs/cgroup';
/** Microseconds: short, so that a process that has used up its share does not stand still for long. */
const period = 10_000;

/** @throws Error that says what is missing: control groups of Linux, and the right to make one */
export async function createCpuQuota(name: string, share: number): Promise<CpuQuota> {
  const quota = Math.round(period * share);
  const second = await readFile(join(root, 'cgroup.controllers'), 'utf8').catch(() => undefined);
  const folder = join(second === undefined ? join(root, 'cpu') : root, `portcullis-bench-${process.pid}-${name}`);
  try {
    if (second !== undefined) await writeFile(join(root, 'cgroup.subtree_control'), '+cpu');
    await mkdir(folder);
    if (second !== undefined) await writeFile(join(folder, 'cpu.max'), `${quota} ${period}`);
    else {
      await writeFile(join(folder, 'cpu.cfs_period_us'), String(period));
      await writeFile(join(folder, 'cpu.cfs_quota_us'), String(quota));
    }
  } catch (error) {
    throw new Error(`equal CPU quotas need control groups and root: ${error instanceof Error ? error.message : error}`);
  }
  return {
    add: (pid) => writeFile(join(folder, 'cgroup.procs'), String(pid)),
    remove: () => removeWhenEmpty(folder),
  };
}

/** The kernel lets go of a process a little after it has ended. */
async function removeWhenEmpty(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (removed) return;
    await wait(100);
  }
}

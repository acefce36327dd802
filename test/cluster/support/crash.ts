import { readdir, readFile } from 'node:fs/promises';
import type { ContainerStatus } from './release.js';

/**
 * Kills the first process of a container from outside it, as the kernel would. Inside it, the first process is
 * immune to SIGKILL. So this works on the node alone, which is where these tests run.
 */
export async function crash({ name, containerID = '' }: ContainerStatus): Promise<void> {
  const id = containerID.split('//')[1] ?? '';
  if (id === '') throw new Error(`${name} does not run`);
  const processes = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const ofContainer: number[] = [];
  for (const pid of processes) {
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    if (groups.includes(id)) ofContainer.push(pid);
  }
  const first = ofContainer.sort((a, b) => a - b)[0];
  if (first === undefined) throw new Error(`no process of ${name} on this machine: run these tests on the node`);
  process.kill(first, 'SIGKILL');
}

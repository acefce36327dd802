import { join } from 'node:path';
import { lastLine, runCommand } from '../../scripts/tools/run-command.js';
import { freeAddress } from '../../test/support/ports.js';
import type { Rig } from '../contenders/contender.js';
import { peerGo } from '../contenders/peers.js';
import { untilAnswering } from '../contenders/running.js';
import { envoyShape } from '../measure/arena.js';
import { measureWindow } from '../measure/window.js';
import { workshopFolder } from '../rig/places.js';
import { startServer } from '../rig/server-process.js';
import { workloads } from '../workloads/table.js';

/** Where the Go baseline spends its time at full load: the head of pprof's list by time in the function and below. */
export async function profilePeer(rig: Rig, seconds: number): Promise<string> {
  const workload = workloads.gateway;
  const file = join(await workshopFolder('profiles'), 'peer-go.pprof');
  const address = await freeAddress();
  const args = ['-address', address, '-bundle', await workload.policy.regoBundle(), '-cpuprofile', file];
  const server = startServer({ name: 'peer-go', program: rig.peer, args, core: rig.cores.server });
  const running = await untilAnswering(peerGo, address, [server], workload);
  try {
    await measureWindow({ rig, running, workload, shape: envoyShape, warmup: 1, seconds, seed: 1 });
  } finally {
    await running.stop();
  }
  const outcome = await runCommand('go', ['tool', 'pprof', '-top', '-cum', '-nodecount', '35', rig.peer, file]);
  if (outcome.code !== 0) throw new Error(`go tool pprof: ${lastLine(outcome)}`);
  const lines = outcome.stdout.split('\n');
  return lines
    .slice(lines.findIndex((line) => line.includes('flat%')))
    .join('\n')
    .trimEnd();
}

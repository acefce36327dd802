import { setTimeout as wait } from 'node:timers/promises';
import { askCheck } from '../rig/check-client.js';
import type { ServerProcess } from '../rig/server-process.js';
import type { Workload } from '../workloads/workload.js';
import type { Contender, Running } from './contender.js';

const patience = 60_000;

/** Waits until a contender answers its first check, and stops what has been started if it does not. */
export async function untilAnswering(
  contender: Contender,
  address: string,
  processes: readonly ServerProcess[],
  workload: Workload,
): Promise<Running> {
  const stop = async () => {
    for (const process of [...processes].reverse()) await process.stop();
  };
  const [message] = await workload.messages();
  const giveUpAt = Date.now() + patience;
  while ((await askCheck(address, message ?? Buffer.alloc(0)).catch(() => undefined)) === undefined) {
    const ended = processes.find((process) => !process.isRunning());
    if (ended !== undefined || Date.now() > giveUpAt) {
      await stop();
      throw new Error(`${contender.id} does not answer\n${processes.map((process) => process.lastWords()).join('\n')}`);
    }
    await wait(2);
  }
  return { contender, address, processes, stop };
}

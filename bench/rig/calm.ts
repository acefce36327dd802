import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

const look = 300;
const pause = 2_000;
const calm = 0.1;

/** Waits until nobody uses the machine, or until `patience` seconds have passed. Call it while nothing of ours runs. */
export async function untilCalm(patience: number): Promise<void> {
  const giveUpAt = Date.now() + patience * 1000;
  while (Date.now() < giveUpAt && (await busyShare()) > calm) await wait(pause);
}

/** Share of all cores that was in use during a short look. */
async function busyShare(): Promise<number> {
  const before = times();
  await wait(look);
  const after = times();
  return (after.busy - before.busy) / (after.all - before.all);
}

function times(): { readonly busy: number; readonly all: number } {
  const sums = cpus().map(({ times: { idle, irq, nice, sys, user } }) => ({ busy: user + nice + sys + irq, idle }));
  const busy = sums.reduce((sum, core) => sum + core.busy, 0);
  return { busy, all: sums.reduce((sum, core) => sum + core.idle, busy) };
}

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const longestWait = 15 * 60_000;

/**
 * Runs `work` while holding the lock folder `path`, so that two processes do not provide the same tool at once.
 * A lock whose holder is gone is taken over.
 */
export async function withLock<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  await acquire(path);
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function acquire(path: string): Promise<void> {
  const giveUpAt = Date.now() + longestWait;
  while (!(await tryAcquire(path))) {
    if (Date.now() > giveUpAt) throw new Error(`another process holds ${path}; remove it if none is running`);
    if (await isAbandoned(path)) await rm(path, { recursive: true, force: true });
    await wait(200);
  }
}

async function tryAcquire(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(path, 'pid'), String(process.pid));
  return true;
}

/** A lock without a holder's id is being made at this moment: it counts as held. */
async function isAbandoned(path: string): Promise<boolean> {
  const text = await readFile(join(path, 'pid'), 'utf8').catch(() => '');
  if (text === '') return false;
  try {
    process.kill(Number(text), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

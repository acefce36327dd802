import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { lastLines, runningChildren } from '../../scripts/demo/child-process.js';

export { type Child, type Exit, lastLines, startChild } from '../../scripts/demo/child-process.js';
export { answers200, waitUntilReady } from '../../scripts/demo/wait-until-ready.js';

/** A folder until it is removed; its path is short enough to hold Unix sockets. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'portcullis-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** After a test that failed, prints what the programs that are still running wrote last. Call it once in a file. */
export function printLogsOnFailure(): void {
  afterEach(({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const child of runningChildren()) process.stderr.write(`${lastLines(child)}\n`);
  });
}

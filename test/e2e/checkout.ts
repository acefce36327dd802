import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../../scripts/tools/find-tool.js';
import { eventually } from '../support/eventually.js';
import { repository } from '../support/portcullis-server.js';
import { temporaryFolder } from '../support/process.js';

/** The repository as a stranger gets it, and a terminal in it. */
export interface Checkout {
  readonly path: string;
  /** Runs a command line to its end. */
  run(command: string, env?: Variables): Promise<Finished>;
  /** Starts a command line that goes on until it is interrupted. */
  start(command: string, env?: Variables): Started;
  remove(): Promise<void>;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Finished>;
  /** What has been written so far. */
  output(): string;
  /** Ctrl-C: the signal goes to every process of the terminal's foreground. */
  interrupt(): Promise<Finished>;
}

type Variables = Readonly<Record<string, string>>;

/** Copies what git knows and what it would not ignore: no build, no packages, no tools. */
export async function checkOut(): Promise<Checkout> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'portcullis');
  await mkdir(path);
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: repository,
    maxBuffer: 16 * 1024 * 1024,
  });
  await Promise.all(stdout.split('\0').map((name) => copy(name, path)));
  const env = await environment();
  const started = new Set<Started>();
  const start = (command: string, more: Variables = {}): Started => {
    const one = spawnCommand(command, path, { ...env, ...more });
    started.add(one);
    void one.ended.then(() => started.delete(one));
    return one;
  };
  return {
    path,
    start,
    run: (command, more) => start(command, more).ended,
    remove: async () => {
      for (const one of started) await one.interrupt();
      await rm(folder.path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A file that git lists may have been deleted, or be gone a moment later. */
async function copy(name: string, target: string): Promise<void> {
  const source = join(repository, name);
  const found = await stat(source).catch(() => undefined);
  if (name === '' || !found?.isFile()) return;
  await cp(source, join(target, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** That of a person who has Envoy and OPA on the PATH, and is not inside `npm test`. */
async function environment(): Promise<NodeJS.ProcessEnv> {
  const tools = await Promise.all([findTool('envoy'), findTool('opa')]);
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(lifecycle|package|command|config_local_prefix)|INIT_CWD$|NODE_ENV$|VITEST|PORTCULLIS_)/.test(name),
  );
  const path = [...new Set(tools.map(dirname)), process.env['PATH'] ?? ''].join(delimiter);
  return { ...Object.fromEntries(inherited), PATH: path };
}

function spawnCommand(command: string, cwd: string, env: NodeJS.ProcessEnv): Started {
  // Without a shell in between, the exit code is that of the command also after Ctrl-C.
  const shell = spawn('sh', ['-c', `exec ${command}`], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(shell, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    ended,
    output: () => stdout + stderr,
    interrupt: () => {
      if (shell.exitCode === null && shell.pid !== undefined) process.kill(-shell.pid, 'SIGINT');
      return ended;
    },
  };
}

/** Waits until no process has one of these texts in its command line. Without `/proc` nothing is found. */
export async function untilNoProcess(texts: readonly string[]): Promise<void> {
  await eventually(async () => {
    const found = await commandLines();
    const left = found.filter((line) => texts.some((text) => line.includes(text)));
    if (left.length > 0) throw new Error(`still running:\n${left.join('\n')}`);
  });
}

async function commandLines(): Promise<string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(join('/proc', id, 'cmdline'), 'utf8').catch(() => '')));
  return lines.map((line) => line.replaceAll('\0', ' '));
}

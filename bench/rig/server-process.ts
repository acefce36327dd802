import { type ChildProcess, spawn } from 'node:child_process';
import { pinned } from './cores.js';

/** A server under measurement. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  isRunning(): boolean;
  /** What it has said last. */
  lastWords(): string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly core: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stderr.write(`stopped by ${signal}
`);
    process.exit(130);
  });
}

/** Starts a program on its core. `taskset` becomes the program, so the process id is the program's own. */
export function startServer({ name, program, args, core, env }: ServerOptions): ServerProcess {
  const command = pinned(core, program, args);
  const child = spawn(command.program, command.args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  alive.add(child);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4_000);
  });
  const exited = new Promise<void>((resolve) => {
    const gone = () => {
      alive.delete(child);
      resolve();
    };
    child.once('close', gone);
    child.once('error', gone);
  });
  return {
    name,
    pid: child.pid ?? -1,
    isRunning: () => alive.has(child),
    lastWords: () => words,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

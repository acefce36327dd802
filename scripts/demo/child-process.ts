import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface ChildOptions {
  /** What messages call it. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  /** Runs as this user; only root may say so. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running program with what it has written so far, the oldest lines forgotten at some point. */
export interface Child {
  readonly name: string;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end (SIGTERM) and ends it (SIGKILL) if it has not after `grace` milliseconds. */
  stop(grace?: number): Promise<Exit>;
  /** Ends it at once (SIGKILL). */
  kill(): Promise<Exit>;
}

const alive = new Set<Child>();

// Whatever ends this process, nothing it started stays behind.
process.on('exit', () => {
  for (const child of alive) child.signal('SIGKILL');
});

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches only us and we stop things in order.
 */
export function startChild(options: ChildOptions): Child {
  const running = spawn(options.program, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...options.user,
  });
  const stdout = collectLines(running.stdout);
  const stderr = collectLines(running.stderr);
  const exited = new Promise<Exit>((resolve) => {
    running.once('error', (error) => {
      stderr.push(error.message);
      if (running.pid === undefined) resolve({ code: null, signal: null });
    });
    running.once('close', (code, signal) => resolve({ code, signal }));
  });
  const child: Child = {
    name: options.name,
    stdout,
    stderr,
    exited,
    isRunning: () => alive.has(child),
    signal: (signal) => void running.kill(signal),
    stop: (grace = 10_000) => stop(child, grace),
    kill: () => {
      child.signal('SIGKILL');
      return exited;
    },
  };
  alive.add(child);
  void exited.then(() => alive.delete(child));
  return child;
}

/** The children that have not ended. */
export function runningChildren(): readonly Child[] {
  return [...alive];
}

/** The last lines of a child, for a message about its failure. */
export function lastLines(child: Child, count = 20): string {
  const lines = [...child.stdout.slice(-count), ...child.stderr.slice(-count)];
  return [`--- last lines of ${child.name} ---`, ...lines].join('\n');
}

async function stop(child: Child, grace: number): Promise<Exit> {
  if (!child.isRunning()) return child.exited;
  child.signal('SIGTERM');
  const timer = setTimeout(() => child.signal('SIGKILL'), grace);
  try {
    return await child.exited;
  } finally {
    clearTimeout(timer);
  }
}

const mostLines = 50_000;

function collectLines(stream: Readable): string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > mostLines) lines.splice(0, mostLines / 2);
  });
  return lines;
}

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { jsonLines } from '../../support/json-lines.js';
import { repository } from '../../support/portcullis-server.js';
import { type Child, type Exit, lastLines, startChild } from '../../support/process.js';
import { clientOf } from './service.js';

export interface AuthProcess extends ReturnType<typeof clientOf> {
  readonly url: string;
  readonly child: Child;
}

/** The command line of the service, as a program of its own. */
export function startCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  return startChild({
    name: 'auth',
    program: process.execPath,
    args: [
      '--import',
      createRequire(import.meta.url).resolve('tsx'),
      join(repository, 'examples', 'auth', 'main.ts'),
      ...args,
    ],
    env,
  });
}

export interface Run extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = startCommand(args, env);
  const exit = await child.exited;
  return { ...exit, stdout: child.stdout.join('\n'), stderr: child.stderr.join('\n') };
}

/** `auth serve` as a process, for tests that end it. Resolves when it listens. */
export async function startAuthProcess(
  configFile: string,
  env: Readonly<Record<string, string>> = {},
): Promise<AuthProcess> {
  const child = startCommand(['serve', '--config', configFile], env);
  const url = await eventually(
    () => {
      const address = jsonLines(child.stderr).find((line) => line['msg'] === 'serving')?.['address'];
      if (typeof address !== 'string') throw new Error(`it does not listen\n${lastLines(child)}`);
      return address;
    },
    { within: 30_000 },
  );
  return { url, child, ...clientOf(url) };
}

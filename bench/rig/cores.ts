import { availableParallelism } from 'node:os';
import { runCommand } from '../../scripts/tools/run-command.js';

/** Which processor cores the server and the load have; undefined where they cannot be kept apart. */
export interface Cores {
  readonly server: number | undefined;
  readonly load: number | undefined;
}

/** The first core for whatever is measured, the second for load and Envoy. */
export async function chooseCores(): Promise<Cores> {
  const { code } = await runCommand('taskset', ['--version']);
  if (code !== 0 || availableParallelism() < 2) return { server: undefined, load: undefined };
  return { server: 0, load: 1 };
}

/** The command line that runs a program on one core. */
export function pinned(
  core: number | undefined,
  program: string,
  args: readonly string[],
): { readonly program: string; readonly args: readonly string[] } {
  if (core === undefined) return { program, args };
  return { program: 'taskset', args: ['--cpu-list', String(core), program, ...args] };
}

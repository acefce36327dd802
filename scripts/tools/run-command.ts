import { execFile } from 'node:child_process';

/** How a command ended. `code` is null when it could not be started at all. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end and never throws, so that a missing program is an outcome like any other.
 *
 * @param env beside the variables of this process; one that is undefined is taken away
 */
export type RunCommand = (
  program: string,
  args: readonly string[],
  env?: Readonly<Record<string, string | undefined>>,
) => Promise<Outcome>;

const longestRun = 15 * 60_000;

export const runCommand: RunCommand = (program, args, env = {}) =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: longestRun, maxBuffer: 16 * 1024 * 1024 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      const code = typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: stderr === '' ? error.message : stderr });
    });
  });

/** Why a command failed, in one line: the last thing it said. */
export function lastLine(outcome: Outcome): string {
  const lines = `${outcome.stdout}\n${outcome.stderr}`.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '') ?? `exit code ${outcome.code}`;
}

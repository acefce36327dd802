import type { Environment } from '../../../src/config/environment.js';
import { formatProblems } from '../../../src/config/problem.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { grant } from './grant.js';
import { runMigrations } from './migrate.js';
import { serve } from './serve.js';

/** What the commands need of the process. */
export interface CommandIo {
  readonly env: Environment;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  onSignal(signal: 'SIGHUP' | 'SIGTERM' | 'SIGINT', listener: () => void): void;
}

/** Resolves to the exit status: 0 done, 1 it did not work, 2 it was asked wrongly. */
type Command = (config: Config, args: readonly string[], io: CommandIo) => Promise<number>;

const commands: Readonly<Record<string, Command>> = { serve, migrate: runMigrations, grant };

export const usage = `usage:
  auth serve   [--config FILE]                 answers requests
  auth migrate [--config FILE]                 makes or updates the tables
  auth grant   [--config FILE] EMAIL [ROLE…]   sets the roles of an account, for the first administrator
`;

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const [name = 'serve', ...rest] = args;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const file = takeOption(rest, '--config');
  if (command === undefined || file === null) {
    io.stderr(usage);
    return 2;
  }
  const config = await loadConfig(file, io.env);
  if (!config.ok) {
    io.stderr(`${formatProblems(config.error)}\n`);
    return 2;
  }
  try {
    return await command(config.value, rest, io);
  } catch (error) {
    createLogger(config.value.log.level).fatal({ err: error }, `${name} failed`);
    return 1;
  }
}

/** Takes the option out of the arguments; null if it has no value. */
function takeOption(args: string[], name: string): string | undefined | null {
  const index = args.indexOf(name);
  if (index < 0) return undefined;
  const [, value] = args.splice(index, 2);
  return value ?? null;
}

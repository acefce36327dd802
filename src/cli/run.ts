import { assertNever } from '../errors/assert-never.js';
import { parseArguments } from './arguments.js';
import { bundleUsage } from './bundle/usage.js';
import { configCommand } from './config-command.js';
import { healthCommand } from './health-command.js';
import type { ServeIo } from './serve.js';
import { usage } from './usage.js';
import { readVersion } from './version.js';

/** Runs one command line, without the name of the program; resolves to the exit status. */
export async function run(args: readonly string[], io: ServeIo): Promise<number> {
  // Not for people: a worker is started by `serve`.
  if (args[0] === 'worker' && io.supervisor !== undefined) return (await import('./work.js')).work(io, io.supervisor);
  const parsed = parseArguments(args);
  if (!parsed.ok) {
    io.stderr(`portcullis: ${parsed.error}; see \`portcullis ${args[0] === 'bundle' ? 'bundle help' : 'help'}\`\n`);
    return 2;
  }
  const commandLine = parsed.value;
  // What is large is loaded where it is needed: `health` runs every few seconds and should cost little.
  switch (commandLine.command) {
    case 'serve':
      return (await import('./serve.js')).serve(commandLine, io);
    case 'health':
      return healthCommand(commandLine, io);
    case 'config':
      return configCommand(commandLine, io);
    case 'bundle':
      return (await import('./bundle-command.js')).bundleCommand(commandLine, io);
    case 'opa-config':
      return (await import('./opa-config-command.js')).opaConfigCommand(commandLine, io);
    case 'bundle-help':
      io.stdout(bundleUsage);
      return 0;
    case 'version':
      io.stdout(`${readVersion()}\n`);
      return 0;
    case 'help':
      io.stdout(usage);
      return 0;
    default:
      return assertNever(commandLine);
  }
}

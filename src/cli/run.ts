import { assertNever } from '../errors/assert-never.js';
import { parseArguments } from './arguments.js';
import { configCommand } from './config-command.js';
import { type ServeIo, serve } from './serve.js';
import { usage } from './usage.js';
import { readVersion } from './version.js';

/** Runs one command line, without the name of the program; resolves to the exit status. */
export async function run(args: readonly string[], io: ServeIo): Promise<number> {
  const parsed = parseArguments(args);
  if (!parsed.ok) {
    io.stderr(`portcullis: ${parsed.error}\n\n${usage}`);
    return 2;
  }
  const commandLine = parsed.value;
  switch (commandLine.command) {
    case 'serve':
      return serve(commandLine, io);
    case 'config':
      return configCommand(commandLine, io);
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

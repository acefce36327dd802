import { loadConfig } from '../config/load.js';
import { printConfig } from '../config/print.js';
import { formatProblems } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { configJsonSchema } from '../config/schema-keys.js';
import { unsafeSettings } from '../config/unsafe.js';
import { assertNever } from '../errors/assert-never.js';
import type { ConfigArguments } from './arguments.js';
import type { CommandIo } from './command-io.js';

/** `portcullis config …`; returns the exit status: 2 for an invalid configuration. */
export async function configCommand(args: ConfigArguments, io: CommandIo): Promise<number> {
  switch (args.action) {
    case 'schema':
      io.stdout(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
      return 0;
    case 'check':
      return withConfig(args, io, (config) => {
        for (const warning of unsafeSettings(config)) io.stderr(`unsafe: ${warning}\n`);
        io.stdout('OK\n');
      });
    case 'print':
      return withConfig(args, io, (config) => io.stdout(printConfig(config)));
    default:
      return assertNever(args.action);
  }
}

async function withConfig(args: ConfigArguments, io: CommandIo, use: (config: Config) => void): Promise<number> {
  const loaded = await loadConfig({ file: args.file, env: io.env });
  if (!loaded.ok) {
    io.stderr(`${formatProblems(loaded.error)}\n`);
    return 2;
  }
  use(loaded.value.config);
  return 0;
}

import { parseArgs } from 'node:util';
import { printable } from '../../config/problem.js';
import { fail, ok, type Result } from '../../errors/result.js';
import type { OpaConfigArguments } from '../opa-config-command.js';
import { s3Credentials } from './opa-config.js';

/** Reads the command line after `portcullis opa-config`. The error is one line for the user. */
export function parseOpaConfigArguments(
  args: readonly string[],
): Result<OpaConfigArguments | { readonly command: 'help' }> {
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { config, help, output, 's3-credentials': named = 'environment' } = parsed.value;
  if (help) return ok({ command: 'help' });
  if (config === '') return fail('--config needs the name of a file');
  if (!output) return fail('opa-config needs --output DIR');
  const credentials = s3Credentials.find((known) => known === named);
  if (credentials === undefined) return fail(`--s3-credentials is one of ${s3Credentials.join(', ')}`);
  return ok({ command: 'opa-config', file: config, output, s3Credentials: credentials });
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string', short: 'c' },
        help: { type: 'boolean', short: 'h' },
        output: { type: 'string', short: 'o' },
        's3-credentials': { type: 'string' },
      },
    });
    return ok(values);
  } catch (error: unknown) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(printable(message.split('. ')[0] ?? message));
  }
}

import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.js';
import { printable } from '../config/problem.js';
import { fail, ok, type Result } from '../errors/result.js';
import { type BundleArguments, type BundleHelp, parseBundleArguments } from './bundle/arguments.js';
import { parseOpaConfigArguments } from './opa-config/arguments.js';
import type { OpaConfigArguments } from './opa-config-command.js';

const configActions = ['check', 'print', 'schema'] as const;
const commands = ['serve', 'health', 'config', 'bundle', 'opa-config', 'version', 'help'] as const;

export interface ServeArguments {
  readonly command: 'serve';
  readonly file: string | undefined;
}

export interface HealthArguments {
  readonly command: 'health';
  readonly file: string | undefined;
}

export interface ConfigArguments {
  readonly command: 'config';
  readonly action: (typeof configActions)[number];
  readonly file: string | undefined;
}

export type CommandLine =
  | ServeArguments
  | HealthArguments
  | ConfigArguments
  | BundleArguments
  | BundleHelp
  | OpaConfigArguments
  | { readonly command: 'version' | 'help' };

/** Reads the command line after the name of the program. The error is one line for the user. */
export function parseArguments(args: readonly string[]): Result<CommandLine> {
  if (args[0] === 'bundle') return parseBundleArguments(args.slice(1));
  if (args[0] === 'opa-config') return parseOpaConfigArguments(args.slice(1));
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values.help) return ok({ command: 'help' });
  if (values.version) return ok({ command: 'version' });
  const [command, ...rest] = positionals;
  if (command === undefined) return fail('no command given');
  const file = configFile(values.config);
  return file.ok ? readCommand(command, rest, file.value) : file;
}

function parse(args: readonly string[]) {
  try {
    return ok(
      parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          config: { type: 'string', short: 'c', multiple: true },
          help: { type: 'boolean', short: 'h' },
          version: { type: 'boolean', short: 'V' },
        },
      }),
    );
  } catch (error: unknown) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(printable(message.split('. ')[0] ?? message));
  }
}

function configFile(files: readonly string[] | undefined): Result<string | undefined> {
  if (files === undefined) return ok(undefined);
  if (files.length > 1) return fail('--config is given more than once');
  return files[0] ? ok(files[0]) : fail('--config needs the name of a file');
}

function readCommand(command: string, rest: readonly string[], file: string | undefined): Result<CommandLine> {
  if (command === 'config') return readConfigCommand(rest, file);
  const known = commands.find((name) => name === command);
  if (known === undefined || known === 'config') return unknown('command', command, commands);
  if (known === 'bundle' || known === 'opa-config') return fail(`${known} comes before its options`);
  if (rest[0] !== undefined) return fail(`unexpected argument "${printable(rest[0])}"`);
  if (known === 'serve' || known === 'health') return ok({ command: known, file });
  return file === undefined ? ok({ command: known }) : fail(`${known} takes no --config`);
}

function readConfigCommand(rest: readonly string[], file: string | undefined): Result<CommandLine> {
  const [action, surplus] = rest;
  if (action === undefined) return fail(`config needs one of ${configActions.join(', ')}`);
  if (surplus !== undefined) return fail(`unexpected argument "${printable(surplus)}"`);
  const known = configActions.find((name) => name === action);
  if (known === undefined) return unknown('config command', action, configActions);
  if (known === 'schema' && file !== undefined) return fail('config schema takes no --config');
  return ok({ command: 'config', action: known, file });
}

function unknown(what: string, name: string, known: readonly string[]): Result<never> {
  const suggestion = nearest(name, known);
  const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return fail(`unknown ${what} "${printable(name)}"${hint}`);
}

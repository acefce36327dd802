import { parseArgs } from 'node:util';
import { nearest } from '../../config/nearest.js';
import { printable } from '../../config/problem.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleOptions, readOptions } from './options.js';

/** What each action takes: its operands, in order, and its options. `!` marks an option that must be there. */
const actions = {
  check: { operands: ['DIR'], options: ['opa', 'entrypoint', 'target', 'exclude', 'allow'] },
  test: { operands: ['DIR'], options: ['opa', 'exclude', 'coverage'] },
  build: {
    operands: ['DIR'],
    options: [
      'output!',
      'opa',
      'entrypoint',
      'target',
      'root',
      'exclude',
      'allow',
      'coverage',
      'revision',
      'allow-dirty',
      'skip-check',
      'skip-tests',
    ],
  },
  sign: { operands: ['FILE'], options: ['key!', 'algorithm', 'key-id', 'scope', 'output'] },
  verify: { operands: ['FILE'], options: ['key!', 'algorithm', 'scope'] },
  inspect: { operands: ['FILE'], options: ['opa', 'json'] },
  diff: { operands: ['FILE', 'FILE'], options: ['opa', 'decisions', 'json'] },
  publish: { operands: ['FILE'], options: ['to!', 'token-file', 'key', 'algorithm', 'scope', 'allow-dirty'] },
  promote: { operands: ['CHANNEL', 'REVISION'], options: ['to!', 'token-file'] },
  rollback: { operands: ['CHANNEL'], options: ['to!', 'token-file'] },
  status: { operands: ['CHANNEL'], options: ['to!', 'token-file', 'adapter', 'json'] },
} as const;

export type BundleAction = keyof typeof actions;

export interface BundleArguments {
  readonly command: 'bundle';
  readonly action: BundleAction;
  /** The folder, the file or the channel; of `diff`, the first of the two. */
  readonly operand: string;
  /** The second bundle of `diff`, the revision of `promote`. */
  readonly second: string;
  readonly options: BundleOptions;
}

export interface BundleHelp {
  readonly command: 'bundle-help';
}

const known = {
  adapter: { type: 'string', multiple: true },
  algorithm: { type: 'string' },
  allow: { type: 'string', multiple: true },
  'allow-dirty': { type: 'boolean' },
  coverage: { type: 'string' },
  decisions: { type: 'string' },
  entrypoint: { type: 'string', short: 'e', multiple: true },
  exclude: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  key: { type: 'string' },
  'key-id': { type: 'string' },
  opa: { type: 'string' },
  output: { type: 'string', short: 'o' },
  revision: { type: 'string', short: 'r' },
  root: { type: 'string', multiple: true },
  scope: { type: 'string' },
  'skip-check': { type: 'boolean' },
  'skip-tests': { type: 'boolean' },
  target: { type: 'string', short: 't' },
  to: { type: 'string' },
  'token-file': { type: 'string' },
} as const;

/** Reads the command line after `portcullis bundle`. The error is one line for the user. */
export function parseBundleArguments(args: readonly string[]): Result<BundleArguments | BundleHelp> {
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { positionals, values } = parsed.value;
  const [name, ...operands] = positionals;
  if (values.help || name === 'help') return ok({ command: 'bundle-help' });
  if (name === undefined) return fail(`bundle needs one of ${Object.keys(actions).join(', ')}`);
  const action = Object.keys(actions).find((candidate): candidate is BundleAction => candidate === name);
  if (action === undefined) return unknown(name);
  const complaint = misuse(action, operands, Object.keys(values));
  if (complaint !== undefined) return fail(complaint);
  const options = readOptions(values);
  if (!options.ok) return options;
  const [operand = '', second = ''] = operands;
  return ok({ command: 'bundle', action, operand, second, options: options.value });
}

function parse(args: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...args], allowPositionals: true, options: known }));
  } catch (error: unknown) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(printable(message.split('. ')[0] ?? message));
  }
}

function unknown(name: string): Result<never> {
  const suggestion = nearest(name, Object.keys(actions));
  const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return fail(`unknown bundle command "${printable(name)}"${hint}`);
}

function misuse(action: BundleAction, given: readonly string[], set: readonly string[]): string | undefined {
  const { operands, options } = actions[action];
  if (given.length < operands.length || given.includes('')) return `bundle ${action} needs ${operands.join(' and ')}`;
  const surplus = given[operands.length];
  if (surplus !== undefined) return `unexpected argument "${printable(surplus)}"`;
  const taken: readonly string[] = options.map((name) => name.replace('!', ''));
  const strange = set.find((name) => !taken.includes(name));
  if (strange !== undefined) return `bundle ${action} takes no --${strange}`;
  const missing = options.find((name) => name.endsWith('!') && !set.includes(name.slice(0, -1)));
  return missing === undefined
    ? undefined
    : `bundle ${action} needs --${missing.slice(0, -1)} ${missing === 'to!' ? 'STORE' : 'FILE'}`;
}

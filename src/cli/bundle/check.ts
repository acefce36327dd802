import { join } from 'node:path';
import { printable } from '../../config/problem.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { checkSources } from '../../policy/workshop/check.js';
import type { Finding } from '../../policy/workshop/finding.js';
import type { Opa } from '../../policy/workshop/opa.js';
import { type BundleSources, readSources } from '../../policy/workshop/sources.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { neededBuiltins } from './embedded.js';
import { openOpa } from './open-opa.js';

/** `portcullis bundle check DIR`. */
export async function checkBundle(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const opa = await openOpa(args, io);
  if (!opa.ok) return opa;
  const sources = await readSources(args.operand, args.options.exclude);
  if (!sources.ok) return sources;
  const checked = await passesCheck(opa.value, sources.value, args, io);
  if (checked.ok) io.stdout('OK\n');
  return checked;
}

/** Writes what is wrong with the sources, a line for each finding; fails if there is any. */
export async function passesCheck(
  opa: Opa,
  sources: BundleSources,
  { operand, options }: BundleArguments,
  io: CommandIo,
): Promise<Result<undefined>> {
  const missingBuiltins = async (wasm: Buffer) => {
    const builtins = await neededBuiltins(wasm);
    return builtins.ok ? ok(builtins.value.missing) : builtins;
  };
  const findings = await checkSources(opa, sources, { ...options, missingBuiltins });
  if (!findings.ok) return findings;
  for (const finding of findings.value) io.stderr(`${formatFinding(operand, finding)}\n`);
  const count = findings.value.length;
  return count === 0 ? ok(undefined) : fail(`${count} finding${count === 1 ? '' : 's'} in ${operand}`);
}

function formatFinding(folder: string, { file, line, message, rule }: Finding): string {
  const place = file === undefined ? folder : join(folder, file);
  const [first = '', ...more] = message.split('\n');
  const text = [first, ...more.map((part) => part.trim())].filter((part) => part !== '').join('; ');
  return printable(`${place}${line === undefined ? '' : `:${line}`}: ${text} (${rule})`);
}

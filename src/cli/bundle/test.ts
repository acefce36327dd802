import { join } from 'node:path';
import { printable } from '../../config/problem.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { type Coverage, coverageTable, percent } from '../../policy/workshop/coverage.js';
import type { Opa } from '../../policy/workshop/opa.js';
import { type TestFailure, type TestRun, testSources } from '../../policy/workshop/policy-tests.js';
import { type BundleSources, readSources } from '../../policy/workshop/sources.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { openOpa } from './open-opa.js';

/** `portcullis bundle test DIR`. */
export async function testBundle(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const opa = await openOpa(args, io);
  if (!opa.ok) return opa;
  const sources = await readSources(args.operand, args.options.exclude);
  return sources.ok ? passesTests(opa.value, sources.value, args, io, io.stdout) : sources;
}

/** Writes how the tests went; fails if one did not pass, or if they reach too few lines. */
export async function passesTests(
  opa: Opa,
  sources: BundleSources,
  { operand, options }: BundleArguments,
  io: CommandIo,
  write: (text: string) => void,
): Promise<Result<undefined>> {
  const run = await testSources(opa, sources);
  if (!run.ok) return fail(`${operand}: ${run.error}`);
  const { coverage, failures, passed, skipped } = run.value;
  for (const failure of failures) io.stderr(`${formatFailure(operand, failure)}\n`);
  for (const test of skipped) io.stderr(`${formatFailure(operand, test)}: was skipped\n`);
  write(`${passed} passed, ${failures.length} failed, ${skipped.length} skipped\n`);
  if (coverage !== undefined) write(formatCoverage(coverage, options.coverage));
  return verdict(run.value, options.coverage);
}

function verdict({ coverage, failures, skipped }: TestRun, threshold: number | undefined): Result<undefined> {
  if (failures.length > 0) return fail('the tests do not pass');
  if (skipped.length > 0) return fail('a test that is still to be written was skipped');
  if (threshold === undefined || coverage === undefined || percent(coverage) >= threshold) return ok(undefined);
  return fail(`the tests reach ${percent(coverage).toFixed(1)} % of the lines, which is less than ${threshold} %`);
}

function formatFailure(folder: string, { detail, file, line, name }: TestFailure): string {
  return printable(`${join(folder, file)}:${line}: ${name}${detail === undefined ? '' : ` (${detail})`}`);
}

function formatCoverage(coverage: Coverage, threshold: number | undefined): string {
  const least = threshold === undefined ? '' : `, ${threshold} % asked for`;
  const total = `${percent(coverage).toFixed(1)} % of ${coverage.lines} lines are reached${least}\n`;
  const table = coverageTable(coverage);
  return table === '' ? total : `${total}\n${table}`;
}

import { printable } from '../../config/problem.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { encodeJson } from '../../json/encode.js';
import { assembleBundle } from '../../policy/bundle/assemble-bundle.js';
import type { Bundle } from '../../policy/bundle/bundle.js';
import { type Change, compareData, compareRules } from '../../policy/workshop/diff.js';
import type { Opa } from '../../policy/workshop/opa.js';
import type { RegoModule } from '../../policy/workshop/rego-modules.js';
import { type Answer, type ChangedAnswer, readRecordedInputs, replay } from '../../policy/workshop/replay.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { askBundle } from './embedded.js';
import { readBundleArchive, readWhole } from './files.js';
import { modulesOf } from './modules.js';
import { openOpa } from './open-opa.js';

const largestRecording = 1024 * 1024 * 1024;
const longestAnswer = 200;

interface Side {
  readonly bundle: Bundle;
  readonly modules: readonly RegoModule[];
}

interface Answers {
  readonly asked: number;
  readonly changed: readonly ChangedAnswer[];
}

/** `portcullis bundle diff FILE FILE`. */
export async function diffBundleFiles(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const opa = await openOpa(args, io);
  if (!opa.ok) return opa;
  const before = await openSide(opa.value, args.operand);
  if (!before.ok) return before;
  const after = await openSide(opa.value, args.second);
  if (!after.ok) return after;
  const answers = await compareAnswers(args, before.value.bundle, after.value.bundle);
  if (!answers.ok) return answers;
  const revisions = [before, after].map(({ value }) => value.bundle.manifest.revision ?? null);
  const rules = compareRules(before.value.modules, after.value.modules);
  const data = compareData(before.value.bundle.data, after.value.bundle.data);
  io.stdout(
    args.options.json
      ? `${encodeJson({ revisions, rules: rules.map(plain), data: data.map(plain), ...plainAnswers(answers.value) })}\n`
      : describe(revisions, rules, data, answers.value),
  );
  return ok(undefined);
}

async function openSide(opa: Opa, path: string): Promise<Result<Side>> {
  const archive = await readBundleArchive(path);
  if (!archive.ok) return archive;
  const bundle = assembleBundle(archive.value.files);
  if (!bundle.ok) return fail(`${path}: ${bundle.error}`);
  const modules = await modulesOf(opa, archive.value.files);
  return modules.ok ? ok({ bundle: bundle.value, modules: modules.value }) : fail(`${path}: ${modules.error}`);
}

async function compareAnswers(
  { operand, options, second }: BundleArguments,
  before: Bundle,
  after: Bundle,
): Promise<Result<Answers | undefined>> {
  if (options.decisions === undefined) return ok(undefined);
  const content = await readWhole(options.decisions, largestRecording);
  if (!content.ok) return content;
  const recorded = readRecordedInputs(content.value);
  if (!recorded.ok) return fail(`${options.decisions}: ${recorded.error}`);
  const first = await askBundle(before);
  if (!first.ok) return fail(`${operand}: ${first.error}`);
  const other = await askBundle(after);
  if (!other.ok) return fail(`${second}: ${other.error}`);
  const changed = await replay(recorded.value, first.value.ask, other.value.ask);
  await Promise.all([first.value.close(), other.value.close()]);
  return ok({ asked: recorded.value.length, changed });
}

function describe(
  [before, after]: readonly (string | null | undefined)[],
  rules: readonly Change[],
  data: readonly Change[],
  answers: Answers | undefined,
): string {
  const lines = [
    `revision  ${before ?? 'none'} -> ${after ?? 'none'}`,
    ...section('rules', rules.map(changeLine)),
    ...section('data', data.map(changeLine)),
  ];
  if (answers !== undefined) {
    const title = `answers (${answers.changed.length} of ${answers.asked} change)`;
    lines.push(...section(title, answers.changed.map(answerLine)));
  }
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [title, ...(lines.length === 0 ? ['  the same'] : lines.map((line) => `  ${line}`))];
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

function changeLine({ kind, name, place }: Change): string {
  return `${signs[kind]} ${name}${place === undefined ? '' : `  ${place}`}`;
}

function answerLine({ after, before, line, path }: ChangedAnswer): string {
  return `line ${line}  ${path}  ${answerText(before)} -> ${answerText(after)}`;
}

function answerText(answer: Answer): string {
  if (answer.kind === 'undefined') return 'undefined';
  const text = answer.kind === 'value' ? encodeJson(answer.value) : `failed: ${answer.message}`;
  return text.length > longestAnswer ? `${text.slice(0, longestAnswer)}…` : text;
}

function plain({ kind, name, place }: Change) {
  return { kind, name, place };
}

function plainAnswers(answers: Answers | undefined) {
  if (answers === undefined) return {};
  const changed = answers.changed.map(({ after, before, line, path }) => ({
    line,
    path,
    before: { ...before },
    after: { ...after },
  }));
  return { answers: { asked: answers.asked, changed } };
}

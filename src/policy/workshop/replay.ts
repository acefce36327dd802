import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import { isRecord } from '../bundle/merge-data.js';
import { sameJson } from './diff.js';

/** A question that was asked once: one line of a file of recorded decisions. */
export interface RecordedInput {
  /** From 1. */
  readonly line: number;
  /** The decision path, such as `envoy/authz/allow`. */
  readonly path: string;
  readonly input: JsonValue;
}

/** What a policy answers: a value, `undefined`, or why it failed. */
export type Answer =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'failed'; readonly message: string };

export type Ask = (path: string, input: JsonValue) => Promise<Answer>;

export interface ChangedAnswer {
  readonly line: number;
  readonly path: string;
  readonly before: Answer;
  readonly after: Answer;
}

/** Reads JSON lines with the members `path` and `input`, as OPA's decision log has them; others are ignored. */
export function readRecordedInputs(content: Buffer): Result<readonly RecordedInput[]> {
  const recorded: RecordedInput[] = [];
  for (const [index, text] of decodeUtf8(content).split('\n').entries()) {
    if (text.trim() === '') continue;
    const line = index + 1;
    const parsed = parseJson(text);
    if (!parsed.ok) return fail(`line ${line}: ${parsed.error}`);
    const { input, path } = isRecord(parsed.value) ? parsed.value : {};
    if (typeof path !== 'string') return fail(`line ${line} has no path`);
    if (input === undefined) return fail(`line ${line} has no input`);
    recorded.push({ line, path, input });
  }
  return ok(recorded);
}

/** The recorded questions that two policies answer differently. */
export async function replay(
  recorded: readonly RecordedInput[],
  before: Ask,
  after: Ask,
): Promise<readonly ChangedAnswer[]> {
  const changed: ChangedAnswer[] = [];
  for (const { input, line, path } of recorded) {
    const answers = { before: await before(path, input), after: await after(path, input) };
    if (!sameAnswer(answers.before, answers.after)) changed.push({ line, path, ...answers });
  }
  return changed;
}

function sameAnswer(left: Answer, right: Answer): boolean {
  if (left.kind === 'value' && right.kind === 'value') return sameJson(left.value, right.value);
  return left.kind === right.kind;
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../../../../scripts/tools/find-tool.js';
import type { RegoValue } from '../../../../src/engine/wasm/builtins/rego/rego-value.js';
import { writeRego } from '../../../../src/engine/wasm/write-rego.js';
import { JsonNumber } from '../../../../src/json/json.js';
import { parseJson } from '../../../../src/json/parse.js';

const run = promisify(execFile);

/** A built-in and its operands. */
export type Call = readonly [name: string, ...operands: RegoValue[]];

export function describeCall([name, ...operands]: Call): string {
  return `${name}(${operands.map(writeRego).join(', ')})`;
}

/**
 * One rule for each call. `same` hides the operands' types from OPA's compiler, which would refuse
 * wrong ones; with the index, since OPA remembers calls and takes `1.0` for the `1` it has seen.
 */
export function callsModule(calls: readonly Call[]): string {
  const rules = calls.map(([name, ...operands], index) => {
    return `r["${index}"] := ${name}(${operands.map((operand) => `same(${asciiRego(operand)}, ${index})`).join(', ')})`;
  });
  return ['package calls', 'same(x, _) := x', ...rules].join('\n');
}

/** OPA's parser refuses a byte-order mark even within a string. */
function asciiRego(value: RegoValue): string {
  return writeRego(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** OPA's answer to each call, in canonical JSON; undefined where OPA has none. */
export async function opaAnswers(calls: readonly Call[]): Promise<readonly (string | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-builtins-'));
  try {
    const module = join(folder, 'calls.rego');
    await writeFile(module, callsModule(calls));
    const args = ['eval', '--format', 'json', '--data', module, 'data.calls.r'];
    const { stdout } = await run(await findTool('opa'), args, { maxBuffer: 64 * 1024 * 1024 });
    return readAnswers(stdout, calls.length);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface OpaOutput {
  readonly result: readonly [{ readonly expressions: readonly [{ readonly value: Record<string, RegoValue> }] }];
}

function readAnswers(stdout: string, count: number): readonly (string | undefined)[] {
  const parsed = parseJson(stdout);
  if (!parsed.ok) throw new Error(`OPA wrote no JSON: ${parsed.error}`);
  const answers = (parsed.value as unknown as OpaOutput).result[0].expressions[0].value;
  return Array.from({ length: count }, (_, index) => canonical(answers[String(index)]));
}

/** JSON with sorted names and the numbers' own text. */
export function canonical(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
}

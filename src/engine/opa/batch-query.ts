import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonValue } from '../../json/json.js';
import type { HttpAnswer } from './http-exchange.js';
import { isObject, joinRevisions, readDocument } from './read-answer.js';

export interface BatchAnswer {
  /** The result for each input, in their order; undefined where the rule has none. */
  readonly results: readonly (JsonValue | undefined)[];
  readonly revision: string | undefined;
}

/**
 * The body of a query that maps a rule over inputs. A rule without a value for an input leaves a gap, hence an object
 * by index. The revisions are read in the same transaction; the query API does not tell them otherwise.
 *
 * @param inputs JSON texts
 */
export function batchBody(path: string, inputs: readonly (string | Uint8Array)[]): Buffer {
  const begin = beginOf(path);
  if (inputs.every((input) => typeof input === 'string')) return Buffer.from(`${begin}${inputs.join(',')}${end}`);
  const parts: Uint8Array[] = [Buffer.from(begin)];
  for (const [index, input] of inputs.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(typeof input === 'string' ? Buffer.from(input) : input);
  }
  parts.push(Buffer.from(end));
  return Buffer.concat(parts);
}

const comma = Buffer.from(',');
const end = ']}}';

/** Paths come from the configuration, so there are few of them. */
const begins = new Map<string, string>();

function beginOf(path: string): string {
  const known = begins.get(path);
  if (known !== undefined) return known;
  const rule = path.split('/').map((segment) => `[${JSON.stringify(segment)}]`);
  const query =
    `results := {i: result | one := input.batch[i]; result := data${rule.join('')} with input as one}; ` +
    'revisions := {name: revision | revision := data.system.bundles[name].manifest.revision}; ' +
    'size := count(input.batch)';
  const begin = `{"query":${JSON.stringify(query)},"input":{"batch":[`;
  if (begins.size < 1000) begins.set(path, begin);
  return begin;
}

/** Reads the answer to {@link batchBody}; whatever is odd about it is a reason to ask for each input on its own. */
export function readBatchAnswer({ body, status }: HttpAnswer, size: number): Result<BatchAnswer> {
  if (status !== 200) return fail(`OPA answered with status ${status}`);
  const document = readDocument(body);
  if (!document.ok) return document;
  const rows = document.value['result'];
  const row = Array.isArray(rows) && rows.length === 1 ? (rows[0] as JsonValue) : undefined;
  if (!isObject(row)) return fail('OPA answered without a result');
  const { results, revisions, size: seen } = row;
  if (!isObject(results) || !isObject(revisions) || seen !== size) return fail('OPA answered another question');
  return ok({
    results: Array.from({ length: size }, (_, index) => results[String(index)]),
    revision: joinRevisions(Object.entries(revisions)),
  });
}

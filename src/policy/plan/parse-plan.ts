import { z } from 'zod';
import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { Plan, PlanBlock, PlanStatement } from './plan.js';

const schema = z.object({
  static: z.object({ strings: z.array(z.object({ value: z.string() })).default([]) }),
  plans: z.object({ plans: z.array(z.object({ name: z.string(), blocks: z.unknown() })) }),
  funcs: z
    .object({
      funcs: z.array(
        z.object({
          name: z.string(),
          params: z.array(z.int()),
          blocks: z.unknown(),
          path: z.array(z.string()).nullish(),
        }),
      ),
    })
    .prefault({ funcs: [] }),
});

/** Statements are nested this deeply at most: a plan that is deeper would exhaust the stack. */
const maxDepth = 500;

/** Reads a `plan.json`. */
export function parsePlan(content: Uint8Array): Result<Plan> {
  let document: unknown;
  try {
    document = JSON.parse(decodeUtf8(content));
  } catch {
    return fail('its plan.json is not JSON');
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) return fail(`its plan.json is not a plan of OPA: ${z.prettifyError(parsed.error)}`);
  const { funcs, plans, static: constants } = parsed.data;
  try {
    return ok({
      strings: constants.strings.map(({ value }) => value),
      entrypoints: new Map(plans.plans.map(({ blocks, name }) => [name, readBlocks(blocks, 0)])),
      functions: new Map(
        funcs.funcs.map(({ blocks, name, params, path }) => [
          name,
          { name, params, blocks: readBlocks(blocks, 0), path: path ?? [] },
        ]),
      ),
    });
  } catch (error) {
    return fail(`its plan.json is not a plan of OPA: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readBlocks(blocks: unknown, depth: number): readonly PlanBlock[] {
  if (!Array.isArray(blocks)) throw new TypeError('blocks are not a list');
  if (depth > maxDepth) throw new RangeError('blocks are nested too deeply');
  return blocks.map((block: unknown) => {
    const stmts: unknown = isRecord(block) ? block['stmts'] : undefined;
    // An empty block is written as null.
    if (stmts === null) return { stmts: [] };
    if (!Array.isArray(stmts)) throw new TypeError('a block has no statements');
    return { stmts: stmts.map((statement: unknown) => readStatement(statement, depth)) };
  });
}

function readStatement(statement: unknown, depth: number): PlanStatement {
  if (!isRecord(statement)) throw new TypeError('a statement is not an object');
  const { stmt: fields, type } = statement;
  if (typeof type !== 'string' || !isRecord(fields)) throw new TypeError('a statement has no kind');
  const { block, blocks = [] } = fields;
  return { type, fields, blocks: readBlocks(block === undefined ? blocks : [block], depth + 1) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

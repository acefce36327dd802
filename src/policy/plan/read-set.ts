import { fail, ok, type Result } from '../../errors/result.js';
import type { InputReads } from './input-reads.js';
import { followInput } from './input-trace.js';
import { PlanNotUnderstood } from './places.js';
import type { Plan } from './plan.js';
import { pureBuiltins } from './pure-builtins.js';

/** What a decision depends on: two inputs that agree on it get the same decision from the same policy and data. */
export interface ReadSet {
  readonly input: InputReads;
  /** Built-in functions, such as `time.now_ns`, that make the decision depend on more than the input; sorted. */
  readonly impure: readonly string[];
}

/**
 * What the rules behind a decision path can read. An upper bound: where the plan does not tell which member is read
 * (a name that is computed, an iteration, a comparison of the whole), everything below that point counts as read.
 *
 * Fails where the plan says nothing: it lacks the decision path, or has statements of a kind that is not known.
 */
export function readSetOf(plan: Plan, decisionPath: string): Result<ReadSet> {
  const blocks = plan.entrypoints.get(decisionPath);
  if (blocks === undefined) return fail(`the plan was not made for the decision path ${decisionPath}`);
  try {
    const { builtins, input } = followInput(plan, blocks);
    return ok({ input, impure: [...builtins].filter((name) => !pureBuiltins.has(name)).sort() });
  } catch (error) {
    if (error instanceof PlanNotUnderstood) return fail(`the plan is not understood: ${error.message}`);
    throw error;
  }
}

import { InputPlace, type InputReads } from './input-reads.js';
import { nowhere, type Places, PlanNotUnderstood } from './places.js';
import type { Plan, PlanBlock, PlanFunction } from './plan.js';
import { comparedTargets } from './plan-assignments.js';
import { PlanStatements } from './plan-statements.js';

/** Statements that are followed before giving up: a hostile plan could make the work grow without end. */
const maxSteps = 300_000;

/** What is known about one plan while the input is followed through it. */
export class InputTrace {
  readonly plan: Plan;
  readonly input = new InputPlace();
  readonly builtins = new Set<string>();
  readonly #results = new Map<string, Places>();
  readonly #underWay = new Set<string>();
  readonly #numbers = new Map<InputPlace, number>();
  #steps = 0;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  /** The places that the result of a function may be when its arguments are at these. */
  call(called: PlanFunction, args: readonly Places[]): Places {
    if (args.length !== called.params.length) throw new PlanNotUnderstood(`a call of ${called.name}`);
    const key = `${called.name} ${args.map((places) => this.#describe(places)).join(' ')}`;
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    // Rego has no recursion, so a plan with one is not OPA's.
    if (this.#underWay.has(key)) throw new PlanNotUnderstood(`${called.name} calls itself`);
    this.#underWay.add(key);
    const params = new Map(called.params.map((local, index) => [local, args[index] ?? nowhere]));
    const returned = new PlanStatements(this, comparedTargets(called.blocks)).follow(called.blocks, params);
    this.#underWay.delete(key);
    this.#results.set(key, returned);
    return returned;
  }

  step(): void {
    this.#steps += 1;
    if (this.#steps > maxSteps) throw new PlanNotUnderstood('it is too large');
  }

  #describe(places: Places): string {
    const numbers = [...places].map((place) => {
      const number = this.#numbers.get(place) ?? this.#numbers.size;
      this.#numbers.set(place, number);
      return number;
    });
    return numbers.sort((left, right) => left - right).join(',');
  }
}

/**
 * Follows the input through the plan of a decision path, into every rule and function it calls.
 *
 * @throws PlanNotUnderstood
 */
export function followInput(
  plan: Plan,
  blocks: readonly PlanBlock[],
): { readonly input: InputReads; readonly builtins: ReadonlySet<string> } {
  const trace = new InputTrace(plan);
  const params = new Map<number, Places>([[0, new Set([trace.input])]]);
  new PlanStatements(trace, comparedTargets(blocks)).follow(blocks, params);
  return { input: trace.input.reads(), builtins: trace.builtins };
}

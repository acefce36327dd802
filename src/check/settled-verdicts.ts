import type { Evaluation } from '../engine/engine.js';
import { ResponseTemplate } from '../envoy/response-template.js';
import { writeCheckResponse } from '../envoy/write-check-response.js';
import type { Caller } from '../identity/identity.js';
import type { AnswerContext } from './answer/answer.js';
import { protectedHeaders } from './answer/protected-headers.js';
import { judge, type Verdict } from './verdict.js';

type ByCaller = Partial<Record<Caller['kind'], Verdict>>;

/**
 * Judges evaluations, and keeps what was made of one that the engine gives again, as the same object: its verdict depends
 * on nothing else but the kind of the caller, and its answer is encoded but for the decision id. For one configuration.
 */
export class SettledVerdicts {
  readonly #known = new WeakMap<Evaluation, ByCaller>();
  readonly #enabled: boolean;

  /** @param enabled without it, everything is judged anew */
  constructor(enabled = true) {
    this.#enabled = enabled;
  }

  judge(evaluation: Evaluation, context: AnswerContext): Verdict {
    if (!this.#enabled || evaluation.kind !== 'result') return judge(evaluation, context);
    const known = this.#known.get(evaluation);
    const kept = known?.[context.caller.kind];
    if (kept !== undefined && (kept.answer.kind === 'deny' || !hasOddSpelling(context))) return kept;
    const verdict = judge(evaluation, context);
    // One that comes only once is not worth it, so it is kept the second time.
    if (known === undefined) this.#known.set(evaluation, {});
    else if (kept === undefined) keep(known, verdict, context);
    return verdict;
  }
}

function keep(known: ByCaller, verdict: Verdict, context: AnswerContext): void {
  const { answer, settled } = verdict;
  if (!settled || answer.kind === 'failure' || hasOddSpelling(context)) return;
  const template = ResponseTemplate.of(writeCheckResponse(answer), context.decisionId);
  if (template !== undefined) known[context.caller.kind] = { ...verdict, template };
}

function hasOddSpelling({ headers, options }: AnswerContext): boolean {
  return protectedHeaders(options.protected_headers).oddOf(headers).length > 0;
}

import type { Config } from '../config/schema.js';
import type { Evaluation } from '../engine/engine.js';
import type { AllowAnswer, Answer, DenyAnswer, FailureStatus } from '../envoy/answer.js';
import type { ResponseTemplate } from '../envoy/response-template.js';
import { assertNever } from '../errors/assert-never.js';
import { type ErrorCode, PortcullisError } from '../errors/portcullis-error.js';
import type { IdentityOutage } from '../identity/identity.js';
import type { CheckOutcome, CheckReason } from '../telemetry/check-reason.js';
import { type AnswerContext, toAnswer } from './answer/answer.js';
import { faultAnswer, invalidCredentialAnswer, refusedAnswer, undefinedAnswer } from './answer/fixed-answers.js';
import { type Decision, type DecisionOptions, readDecision } from './decision/decision.js';
import type { MutationFault } from './decision/decision-fault.js';
import type { RequestRefusal } from './input/request-refusal.js';

/** How a check ended: what Envoy is told, and what is recorded of it. */
export interface Verdict {
  readonly answer: Answer;
  readonly outcome: CheckOutcome;
  readonly reason: CheckReason;
  /** The policy's own words, for the decision log. */
  readonly policyReason?: string | undefined;
  /** What was left out of the decision. */
  readonly dropped?: readonly MutationFault[];
  /** Why there is no decision, for the application log. */
  readonly error?: PortcullisError;
  /** The answer is the same for each request from a caller of this kind, unless the request spells a protected header oddly. */
  readonly settled?: boolean;
  /** What is sent instead of the answer, with the decision id of the check: the answer has that of an earlier one. */
  readonly template?: ResponseTemplate;
}

/** What the engine gave, judged. Only a well-formed allow allows; the last line denies. */
export function judge(evaluation: Evaluation, context: AnswerContext): Verdict {
  switch (evaluation.kind) {
    case 'result':
      return judgeResult(evaluation.result, context);
    case 'undefined':
      return undefinedDecision('the decision path has no value for this input', context);
    case 'failed':
      return failedEvaluation(evaluation.error, context);
    default:
      return assertNever(evaluation);
  }
}

function judgeResult(result: Parameters<typeof readDecision>[0], context: AnswerContext): Verdict {
  const decision = readDecision(result, context.options);
  if (!decision.ok) {
    const { rule, message } = decision.error;
    return fault(new PortcullisError('decision_invalid', `${message} (${rule})`), 'decision_invalid', context);
  }
  const answer = toAnswer(decision.value, context);
  const { reason: policyReason, dropped } = decision.value;
  if (answer.kind === 'deny')
    return { answer, outcome: 'deny', reason: 'policy', policyReason, dropped, settled: true };
  // What the backend is told of one caller must never be told of another.
  const settled = context.outgoing === undefined && !looksAtRequest(decision.value);
  const reason = decision.value.kind === 'deny' ? 'dry_run' : 'policy';
  return { answer, outcome: 'allow', reason, policyReason, dropped, settled };
}

/** Whether what the decision changes depends on what the request has. */
function looksAtRequest(decision: Decision): boolean {
  if (decision.kind === 'deny') return false;
  const { headers, queryToRemove, queryToSet } = decision;
  return queryToSet.length > 0 || queryToRemove.length > 0 || headers.some(({ append }) => append === true);
}

/** The rule has no value, or is not one that may be asked. */
export function undefinedDecision(message: string, { options, decisionId }: AnswerContext): Verdict {
  const error = new PortcullisError('decision_undefined', message);
  if (options.undefined === 'error') return failure('UNKNOWN', 'undefined decision', 'undefined', error);
  return denied(undefinedAnswer(decisionId), 'undefined', error);
}

function fault(error: PortcullisError, reason: CheckReason, { options, decisionId }: AnswerContext): Verdict {
  if (options.faults === 'error') return failure('UNKNOWN', 'the policy gave no valid decision', reason, error);
  return denied(faultAnswer(decisionId), reason, error);
}

/** The codes an engine fails with. Outages are errors, so that Envoy's own failure mode governs. */
const outages: Partial<Record<ErrorCode, { readonly status: FailureStatus; readonly reason: CheckReason }>> = {
  engine_unreachable: { status: 'UNAVAILABLE', reason: 'engine_unreachable' },
  bundle_missing: { status: 'UNAVAILABLE', reason: 'bundle_missing' },
  engine_closed: { status: 'UNAVAILABLE', reason: 'engine_closed' },
  engine_timeout: { status: 'DEADLINE_EXCEEDED', reason: 'engine_timeout' },
  engine_overloaded: { status: 'RESOURCE_EXHAUSTED', reason: 'engine_overloaded' },
  cancelled: { status: 'CANCELLED', reason: 'cancelled' },
};

function failedEvaluation(error: PortcullisError, context: AnswerContext): Verdict {
  const outage = outages[error.code];
  if (outage !== undefined) return failure(outage.status, 'no decision could be made', outage.reason, error);
  // Whoever cuts us off from the source of the data must not be let through for it by a `failure_mode_allow`.
  if (error.code === 'data_stale') return denied(faultAnswer(context.decisionId), 'data_stale', error);
  if (error.code === 'policy_error') return fault(error, 'policy_error', context);
  return internalFault(error, context.decisionId);
}

/** A malformed or ambiguous request: 400 before any policy sees it. */
export function refusedRequest(
  refusal: RequestRefusal,
  texts: Config['input']['refusal_text'],
  decisionId: string,
): Verdict {
  const error = new PortcullisError('request_invalid', `${refusal.reason}: ${refusal.message}`);
  return denied(refusedAnswer(refusal, texts, decisionId), 'request_invalid', error);
}

/** Bytes that are no CheckRequest. */
export function unreadableRequest(
  message: string,
  { faults }: Pick<DecisionOptions, 'faults'>,
  decisionId: string,
): Verdict {
  const error = new PortcullisError('request_invalid', message);
  if (faults === 'error') return failure('INTERNAL', 'the check cannot be read', 'request_invalid', error);
  const refusal: RequestRefusal = { reason: 'request_incomplete', message };
  return denied(refusedAnswer(refusal, 'generic', decisionId), 'request_invalid', error);
}

/** Whoever knows the credential cannot be asked: as with the engine, Envoy's own failure mode governs. */
export function identityOutage({ error }: IdentityOutage): Verdict {
  return failure('UNAVAILABLE', 'the caller cannot be identified', 'identity_unavailable', error);
}

/** A credential that was presented and is not valid. */
export function invalidCredential({ realm, decisionId }: AnswerContext): Verdict {
  return denied(invalidCredentialAnswer(realm, decisionId), 'unauthenticated');
}

/**
 * A fault of ours is a denial and no error: a client may be able to provoke it, and must not be let
 * through by a `failure_mode_allow`.
 */
function internalFault(error: PortcullisError, decisionId: string): Verdict {
  return denied(faultAnswer(decisionId), 'internal', error);
}

/** What was thrown on the way of a check. A gateway's writer names what it cannot carry out, and whose fault that is. */
export function thrownFault(thrown: unknown, decisionId: string): Verdict {
  const error = PortcullisError.from(thrown);
  if (error.code === 'decision_invalid') return denied(faultAnswer(decisionId), 'decision_invalid', error);
  if (error.code !== 'request_invalid') return internalFault(error, decisionId);
  const refusal: RequestRefusal = { reason: 'request_incomplete', message: error.message };
  return denied(refusedAnswer(refusal, 'generic', decisionId), 'request_invalid', error);
}

function denied(answer: AllowAnswer | DenyAnswer, reason: CheckReason, error?: PortcullisError): Verdict {
  return { answer, outcome: 'deny', reason, ...(error !== undefined && { error }) };
}

function failure(status: FailureStatus, message: string, reason: CheckReason, error: PortcullisError): Verdict {
  return { answer: { kind: 'failure', status, message }, outcome: 'error', reason, error };
}

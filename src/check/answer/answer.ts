import type { AllowAnswer, DenyAnswer, HeaderChange } from '../../envoy/answer.js';
import { assertNever } from '../../errors/assert-never.js';
import type { Caller } from '../../identity/identity.js';
import type { OutgoingIdentity } from '../../identity/outgoing/outgoing-identity.js';
import type { JsonObject } from '../../json/json.js';
import type { Decision, DecisionOptions, DenyDecision } from '../decision/decision.js';
import type { HeaderView } from '../input/headers.js';
import { allowAnswer } from './allow-answer.js';
import { challenge } from './challenge.js';
import { denialChanges } from './header-changes.js';

/** What an answer depends on besides the decision. */
export interface AnswerContext {
  /** Of the request: what a header is appended to. */
  readonly headers: HeaderView;
  /** The request target as Envoy sent it; empty without one. */
  readonly target: string;
  readonly caller: Caller;
  /** What the backend is told of the caller. Without it, nothing but what the policy says. */
  readonly outgoing?: OutgoingIdentity | undefined;
  /** Whether any identity source is configured: only then can a caller be asked to authenticate. */
  readonly identityConfigured: boolean;
  readonly realm: string;
  readonly options: DecisionOptions;
  readonly decisionId: string;
}

/** The answer to Envoy that a decision stands for. */
export function toAnswer(decision: Decision, context: AnswerContext): AllowAnswer | DenyAnswer {
  const metadata = withDecisionId(decision.metadata, context.decisionId);
  if (decision.kind === 'allow') return allowAnswer(decision, metadata, context);
  if (decision.kind === 'deny') {
    return context.options.dry_run ? rehearsed(metadata, context) : denyAnswer(decision, metadata, context);
  }
  return assertNever(decision);
}

/** A denial that is only rehearsed lets the request through unchanged, save for the protected headers. */
function rehearsed(metadata: JsonObject, context: AnswerContext): AllowAnswer {
  const nothing = { headers: [], headersToRemove: [], responseHeaders: [], queryToSet: [], queryToRemove: [] };
  return allowAnswer({ ...nothing, plain: false }, metadata, context);
}

function denyAnswer(decision: DenyDecision, metadata: JsonObject, context: AnswerContext): DenyAnswer {
  const status = decision.status ?? defaultStatus(context);
  const headers = withChallenge(denialChanges(decision.headers), status, context);
  const answer: DenyAnswer = { kind: 'deny', status, headers, body: decision.body, metadata };
  const bare = decision.plain && context.options.plain_boolean && status === 403 && headers.length === 0;
  return bare ? { ...answer, bare } : answer;
}

function defaultStatus({ identityConfigured, caller }: AnswerContext): number {
  return identityConfigured && caller.kind !== 'identified' ? 401 : 403;
}

function withChallenge(
  headers: readonly HeaderChange[],
  status: number,
  { identityConfigured, caller, realm }: AnswerContext,
): readonly HeaderChange[] {
  if (status !== 401 || !identityConfigured || headers.some(({ name }) => name === 'www-authenticate')) return headers;
  return [...headers, challenge(realm, caller.kind === 'invalid')];
}

/** Ours wins: by this id the access log and the decision log are joined. */
function withDecisionId(metadata: JsonObject, decisionId: string): JsonObject {
  return Object.assign(Object.create(null), metadata, { decision_id: decisionId });
}

import { randomUUID } from 'node:crypto';
import type { Evaluation } from '../engine/engine.js';
import type { Answer } from '../envoy/answer.js';
import type { Attributes } from '../envoy/attributes.js';
import { readCheckRequest } from '../envoy/read-check-request.js';
import type { ResponseTemplate } from '../envoy/response-template.js';
import { writeCheckResponse } from '../envoy/write-check-response.js';
import type { Result } from '../errors/result.js';
import type { Caller, IdentityOutage } from '../identity/identity.js';
import { andThen } from './and-then.js';
import type { AnswerContext } from './answer/answer.js';
import type { CheckCall, CheckHandler, CheckReply } from './check-handler.js';
import type { CheckState } from './check-state.js';
import { chooseDecisionPath } from './decision-path.js';
import { identityRequest } from './identity-request.js';
import { requireComplete } from './input/completeness.js';
import { type HeaderView, headerView } from './input/headers.js';
import { buildInput } from './input/input.js';
import { createInputDocument } from './input/input-document.js';
import { splitTarget } from './input/path.js';
import type { Observer, Trail } from './observe.js';
import {
  identityOutage,
  invalidCredential,
  judge,
  refusedRequest,
  thrownFault,
  undefinedDecision,
  unreadableRequest,
  type Verdict,
} from './verdict.js';

/** How a gateway speaks: what it says of a request, and what it is told. */
export interface Dialect<Request, Reply> {
  /** Undefined when the gateway says nothing of the request. Never throws. */
  readonly read: (request: Request) => Result<Attributes | undefined>;
  /** Throws a PortcullisError on an allow that the gateway cannot carry out; a denial can always be written. */
  readonly write: (answer: Answer, request: Request) => Reply;
  /** Writes an answer that was given before, with the id of another decision. Without it, each is written anew. */
  readonly repeat?: (template: ResponseTemplate, decisionId: string) => Reply;
}

const envoy: Dialect<Uint8Array, CheckReply> = {
  read: (request) => readCheckRequest(request, 'later'),
  write: (answer) =>
    answer.kind === 'failure'
      ? { kind: 'status', status: answer.status, message: answer.message }
      : { kind: 'response', bytes: writeCheckResponse(answer) },
  repeat: (template, decisionId) => ({ kind: 'response', bytes: template.with(decisionId) }),
};

/** The check as Envoy asks for it. */
export function createCheck(current: () => CheckState, observe: Observer): CheckHandler {
  return createCheckIn(envoy, current, observe);
}

/**
 * The way of a check. Whatever happens on it, the gateway gets an answer and the check is recorded. It answers at once
 * where identity and engine do.
 *
 * @param current what checks are made with now; taken once for each check
 */
export function createCheckIn<Request, Reply>(
  { read, write, repeat }: Dialect<Request, Reply>,
  current: () => CheckState,
  observe: Observer,
): (request: Request, call: CheckCall) => Reply | Promise<Reply> {
  const conclude = (request: Request, trail: Trail, verdict: Verdict): Reply => {
    const { answer, template } = verdict;
    const reply = repeat && template ? repeat(template, trail.decisionId) : write(answer, request);
    observe(trail, verdict);
    return reply;
  };
  const answerFault = (request: Request, trail: Trail, thrown: unknown): Reply => {
    const verdict = thrownFault(thrown, trail.decisionId);
    record(observe, trail, verdict);
    return write(verdict.answer, request);
  };
  return (request, call) => {
    const trail: Trail = { decisionId: randomUUID(), started: performance.now() };
    try {
      const check = { call, state: current(), trail, repeatable: repeat !== undefined };
      const verdict = decide(read(request), check);
      if (!(verdict instanceof Promise)) return conclude(request, trail, verdict);
      return verdict
        .then((late) => conclude(request, trail, late))
        .catch((thrown: unknown) => answerFault(request, trail, thrown));
    } catch (thrown) {
      return answerFault(request, trail, thrown);
    }
  };
}

/** It may be the observer that fails; without an answer Envoy's `failure_mode_allow` would let the request through. */
function record(observe: Observer, trail: Trail, verdict: Verdict): void {
  try {
    observe(trail, verdict);
  } catch {
    // The fault that is being answered has no other way into the log.
  }
}

type Identified = Caller | IdentityOutage;

/** What a check is made with. */
interface Check {
  readonly call: CheckCall;
  readonly state: CheckState;
  readonly trail: Trail;
  /** Whether an answer that was given before can be given again. */
  readonly repeatable: boolean;
}

function decide(attributes: Result<Attributes | undefined>, check: Check): Verdict | Promise<Verdict> {
  const { call, state, trail } = check;
  if (!attributes.ok) return unreadableRequest(attributes.error, state.decision, trail.decisionId);
  trail.attributes = attributes.value;
  const headers = headerView(attributes.value?.request?.http);
  const deadline = Math.min(trail.started + state.timeout, call.deadline);
  const caller = identify(attributes.value, headers, deadline, state);
  return andThen(caller, (known) => decideFor(known, attributes.value, headers, deadline, check));
}

function identify(
  attributes: Attributes | undefined,
  headers: HeaderView,
  deadline: number,
  { identityConfigured, identify }: CheckState,
): Identified | Promise<Identified> {
  return identityConfigured
    ? identify(identityRequest(attributes, headers, deadline), Date.now() / 1000)
    : { kind: 'anonymous' };
}

function decideFor(
  caller: Identified,
  attributes: Attributes | undefined,
  headers: HeaderView,
  deadline: number,
  { call, repeatable, state, trail }: Check,
): Verdict | Promise<Verdict> {
  trail.caller = caller;
  if (caller.kind === 'unavailable') return identityOutage(caller);

  const context = answerContext(attributes, headers, caller, state, trail);
  const path = chooseDecisionPath(attributes, state.paths);
  if (path === undefined)
    return undefinedDecision('the route asks for a decision path that is not configured', context);
  trail.decisionPath = path.path;

  const complete = requireComplete(attributes, state.input);
  if (!complete.ok) return refusedRequest(complete.error, state.input.refusal_text, trail.decisionId);
  const input = buildInput(attributes, caller, state.input, path.shape);
  if (!input.ok) return refusedRequest(input.error, state.input.refusal_text, trail.decisionId);
  if (caller.kind === 'invalid' && !isPublic(context.target, state)) return invalidCredential(context);

  const asked = performance.now();
  const query = { path: path.path, input: createInputDocument(input.value), deadline, signal: call.signal };
  return andThen(state.engine.evaluate(query), (evaluation) => {
    note(trail, evaluation, state.engine.kind, asked);
    return repeatable ? state.verdicts.judge(evaluation, context) : judge(evaluation, context);
  });
}

function note(trail: Trail, evaluation: Evaluation, engine: string, asked: number): void {
  trail.engine = engine;
  if (evaluation.kind === 'result' && evaluation.cached) trail.cached = true;
  else trail.engineDuration = performance.now() - asked;
  trail.revision = evaluation.revision;
}

function answerContext(
  attributes: Attributes | undefined,
  headers: HeaderView,
  caller: Caller,
  { identityConfigured, realm, outgoing, decision }: CheckState,
  { decisionId }: Trail,
): AnswerContext {
  const target = attributes?.request?.http?.path ?? '';
  return { headers, target, caller, outgoing, identityConfigured, realm, options: decision, decisionId };
}

/** Compared as sent: the input has been built, so the path is not ambiguous. */
function isPublic(target: string, { publicPaths }: CheckState): boolean {
  return publicPaths.has(splitTarget(target).path);
}

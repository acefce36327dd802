import { randomUUID } from 'node:crypto';
import type { Evaluation, InputDocument } from '../engine/engine.js';
import type { Answer } from '../envoy/answer.js';
import type { Attributes } from '../envoy/attributes.js';
import { readCheckRequest } from '../envoy/read-check-request.js';
import { writeCheckResponse } from '../envoy/write-check-response.js';
import type { Result } from '../errors/result.js';
import type { Caller } from '../identity/identity.js';
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
}

/** The check as Envoy asks for it. */
export function createCheck(current: () => CheckState, observe: Observer): CheckHandler {
  return createCheckIn({ read: readCheckRequest, write }, current, observe);
}

/**
 * The way of a check. Whatever happens on it, the gateway gets an answer and the check is recorded.
 *
 * @param current what checks are made with now; taken once for each check
 */
export function createCheckIn<Request, Reply>(
  { read, write }: Dialect<Request, Reply>,
  current: () => CheckState,
  observe: Observer,
): (request: Request, call: CheckCall) => Promise<Reply> {
  return async (request, call) => {
    const trail: Trail = { decisionId: randomUUID(), started: performance.now() };
    try {
      const verdict = await decide(read(request), call, current(), trail);
      const reply = write(verdict.answer, request);
      observe(trail, verdict);
      return reply;
    } catch (thrown) {
      const verdict = thrownFault(thrown, trail.decisionId);
      record(observe, trail, verdict);
      return write(verdict.answer, request);
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

async function decide(
  attributes: Result<Attributes | undefined>,
  call: CheckCall,
  state: CheckState,
  trail: Trail,
): Promise<Verdict> {
  if (!attributes.ok) return unreadableRequest(attributes.error, state.decision, trail.decisionId);
  trail.attributes = attributes.value;

  const headers = headerView(attributes.value?.request?.http);
  const deadline = Math.min(trail.started + state.timeout, call.deadline);
  const caller = await state.identify(identityRequest(attributes.value, headers, deadline), Date.now() / 1000);
  trail.caller = caller;
  if (caller.kind === 'unavailable') return identityOutage(caller);

  const context = answerContext(attributes.value, headers, caller, state, trail);
  const path = chooseDecisionPath(attributes.value, state.paths);
  if (path === undefined)
    return undefinedDecision('the route asks for a decision path that is not configured', context);
  trail.decisionPath = path.path;

  const complete = requireComplete(attributes.value, state.input);
  if (!complete.ok) return refusedRequest(complete.error, state.input.refusal_text, trail.decisionId);
  const input = buildInput(attributes.value, caller, state.input, path.shape);
  if (!input.ok) return refusedRequest(input.error, state.input.refusal_text, trail.decisionId);
  if (caller.kind === 'invalid' && !isPublic(context.target, state)) return invalidCredential(context);

  const evaluation = await evaluate(path.path, createInputDocument(input.value), call, state, trail);
  return judge(evaluation, context);
}

async function evaluate(
  path: string,
  input: InputDocument,
  call: CheckCall,
  { engine, timeout }: CheckState,
  trail: Trail,
): Promise<Evaluation> {
  const asked = performance.now();
  const deadline = Math.min(trail.started + timeout, call.deadline);
  const evaluation = await engine.evaluate({ path, input, deadline, signal: call.signal });
  trail.engine = engine.kind;
  if (evaluation.kind === 'result' && evaluation.cached) trail.cached = true;
  else trail.engineDuration = performance.now() - asked;
  trail.revision = evaluation.revision;
  return evaluation;
}

function answerContext(
  attributes: Attributes | undefined,
  headers: HeaderView,
  caller: Caller,
  { identityConfigured, realm, decision }: CheckState,
  { decisionId }: Trail,
): AnswerContext {
  const target = attributes?.request?.http?.path ?? '';
  return { headers, target, caller, identityConfigured, realm, options: decision, decisionId };
}

/** Compared as sent: the input has been built, so the path is not ambiguous. */
function isPublic(target: string, { publicPaths }: CheckState): boolean {
  return publicPaths.has(splitTarget(target).path);
}

function write(answer: Answer): CheckReply {
  return answer.kind === 'failure'
    ? { kind: 'status', status: answer.status, message: answer.message }
    : { kind: 'response', bytes: writeCheckResponse(answer) };
}

import type { CheckCall, CheckHandler, CheckReply } from '../check/check-handler.js';
import type { FailureStatus } from '../envoy/answer.js';
import { Turn } from './turn.js';

/** A check that has come in, by whichever server. */
export interface AnswerableCall extends CheckCall {
  /** Writes the answer, unless Envoy has gone. Throws when it cannot be written; then nothing of it has been. */
  answer(reply: CheckReply): void;
}

interface Waiting {
  readonly request: Buffer;
  readonly call: AnswerableCall;
}

/** The way from a server to the handler, with the number of checks that are on it. */
export interface CheckGate {
  /** The handler is called before the next turn of the event loop, behind the checks that came in with this one. */
  start(request: Buffer, call: AnswerableCall): void;
  inFlight(): number;
}

export interface CheckGateEvents {
  /** A check was refused because `maxConcurrentChecks` are in flight. */
  readonly overloaded: () => void;
  /** The handler broke its promise never to fail. */
  readonly fault: (error: unknown) => void;
}

const overload = failure('RESOURCE_EXHAUSTED', 'too many checks in flight');
const internal = failure('INTERNAL', 'internal error');

/** Puts a limit and a last guard around the handler: whatever it does, Envoy gets an answer that does not allow. */
export function createCheckGate(
  handler: CheckHandler,
  maxConcurrentChecks: number,
  events: CheckGateEvents,
): CheckGate {
  let inFlight = 0;

  function finish(call: AnswerableCall, reply: CheckReply): void {
    inFlight -= 1;
    try {
      refuseEmpty(reply);
      call.answer(reply);
    } catch (error) {
      events.fault(error);
      call.answer(internal);
    }
  }

  function fault(call: AnswerableCall, error: unknown): void {
    events.fault(error);
    finish(call, internal);
  }

  function begin(request: Buffer, call: AnswerableCall): void {
    let reply: CheckReply | Promise<CheckReply>;
    try {
      reply = handler(request, call);
    } catch (error) {
      fault(call, error);
      return;
    }
    if (!(reply instanceof Promise)) finish(call, reply);
    else
      reply.then(
        (late) => finish(call, late),
        (error: unknown) => fault(call, error),
      );
  }

  const turn = new Turn<Waiting>(({ call, request }) => begin(request, call));
  return {
    inFlight: () => inFlight,
    start: (request, call) => {
      if (inFlight >= maxConcurrentChecks) {
        events.overloaded();
        call.answer(overload);
        return;
      }
      inFlight += 1;
      turn.add({ request, call });
    },
  };
}

/** An empty CheckResponse has no status, which Envoy reads as OK: it would let the request through. */
function refuseEmpty(reply: CheckReply): void {
  if (reply.kind === 'response' && reply.bytes.length === 0) throw new TypeError('empty CheckResponse');
}

function failure(name: FailureStatus, message: string): CheckReply {
  return { kind: 'status', status: name, message };
}

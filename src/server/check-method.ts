import { type handleUnaryCall, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import type { CheckCall, CheckHandler, CheckReply } from '../check/check-handler.js';
import type { FailureStatus } from '../envoy/answer.js';

/** The Check method as grpc-js calls it, with the number of checks it is working on. */
export interface CheckMethod {
  readonly handle: handleUnaryCall<Buffer, Buffer>;
  inFlight(): number;
}

export interface CheckMethodEvents {
  /** A check was refused because `maxConcurrentChecks` are in flight. */
  readonly overloaded: () => void;
  /** The handler broke its promise never to fail. */
  readonly fault: (error: unknown) => void;
}

const overload = failure('RESOURCE_EXHAUSTED', 'too many checks in flight');
const internal = failure('INTERNAL', 'internal error');

/** Puts a limit and a last guard around the handler: whatever it does, Envoy gets an answer that does not allow. */
export function createCheckMethod(
  handler: CheckHandler,
  maxConcurrentChecks: number,
  events: CheckMethodEvents,
): CheckMethod {
  let inFlight = 0;

  function start(call: GrpcCheckCall, request: Buffer, reply: sendUnaryData<Buffer>): void {
    const finish = (answer: CheckReply) => {
      inFlight -= 1;
      call.settle();
      send(answer, reply, events);
    };
    const fault = (error: unknown) => {
      events.fault(error);
      finish(internal);
    };
    let answer: CheckReply | Promise<CheckReply>;
    try {
      answer = handler(request, call);
    } catch (error) {
      fault(error);
      return;
    }
    if (answer instanceof Promise) answer.then(finish, fault);
    else finish(answer);
  }

  return {
    inFlight: () => inFlight,
    handle: (call, reply) => {
      if (inFlight >= maxConcurrentChecks) {
        events.overloaded();
        send(overload, reply, events);
        return;
      }
      inFlight += 1;
      start(new GrpcCheckCall(call), call.request, reply);
    },
  };
}

function send(answer: CheckReply, reply: sendUnaryData<Buffer>, events: CheckMethodEvents): void {
  try {
    write(answer, reply);
  } catch (error) {
    events.fault(error);
    write(internal, reply);
  }
}

function write(answer: CheckReply, reply: sendUnaryData<Buffer>): void {
  if (answer.kind === 'status') {
    reply({ code: status[answer.status], details: answer.message });
    return;
  }
  // An empty CheckResponse has no status, which Envoy reads as OK: it would let the request through.
  if (answer.bytes.length === 0) throw new TypeError('empty CheckResponse');
  reply(null, answer.bytes);
}

function failure(name: FailureStatus, message: string): CheckReply {
  return { kind: 'status', status: name, message };
}

/** The signal is made when first asked for: most checks end without anyone looking at it. */
class GrpcCheckCall implements CheckCall {
  readonly deadline: number;
  #controller: AbortController | undefined;
  #cancelled = false;
  #settled = false;

  constructor(call: ServerUnaryCall<Buffer, Buffer>) {
    this.deadline = onMonotonicClock(call.getDeadline());
    // grpc-js emits this after an answered call as well, and when it has itself answered DEADLINE_EXCEEDED.
    call.once('cancelled', () => this.#cancel());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  settle(): void {
    this.#settled = true;
  }

  #cancel(): void {
    if (this.#settled) return;
    this.#cancelled = true;
    this.#controller?.abort();
  }
}

function onMonotonicClock(deadline: Date | number): number {
  const wallClock = Number(deadline);
  return Number.isFinite(wallClock) ? wallClock - Date.now() + performance.now() : Number.POSITIVE_INFINITY;
}

import { type handleUnaryCall, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import type { CheckReply } from '../../check/check-handler.js';
import { CallCancellation } from '../call-cancellation.js';
import type { AnswerableCall, CheckGate } from '../check-gate.js';

/** The Check method as grpc-js calls it. */
export function checkMethod(gate: CheckGate): handleUnaryCall<Buffer, Buffer> {
  return (call, reply) => gate.start(call.request, new GrpcJsCall(call, reply));
}

class GrpcJsCall implements AnswerableCall {
  readonly deadline: number;
  readonly #reply: sendUnaryData<Buffer>;
  readonly #cancelled = new CallCancellation();
  #answered = false;

  constructor(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) {
    this.deadline = onMonotonicClock(call.getDeadline());
    this.#reply = reply;
    // grpc-js emits this after an answered call as well, and when it has itself answered DEADLINE_EXCEEDED.
    call.once('cancelled', () => {
      if (!this.#answered) this.#cancelled.abort();
    });
  }

  get signal(): CallCancellation {
    return this.#cancelled;
  }

  answer(answer: CheckReply): void {
    this.#answered = true;
    if (answer.kind === 'response') this.#reply(null, answer.bytes);
    else this.#reply({ code: status[answer.status], details: answer.message });
  }
}

function onMonotonicClock(deadline: Date | number): number {
  const wallClock = Number(deadline);
  return Number.isFinite(wallClock) ? wallClock - Date.now() + performance.now() : Number.POSITIVE_INFINITY;
}

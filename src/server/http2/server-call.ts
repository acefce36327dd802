import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { CallCancellation } from '../call-cancellation.js';
import type { AnswerableCall } from '../check-gate.js';
import type { DeadlineWheel, Due } from './deadline-wheel.js';
import type { BufferBudget } from './message-buffer.js';
import { MessageReader } from './message-reader.js';
import { isOpen, sendFailure, sendHttpStatus, sendMessage } from './reply.js';
import { type HttpRefusal, readRequestHeaders } from './request-headers.js';
import { type CallFailure, callFailure } from './status.js';

/** What is called with the message of a request. It answers `call`, now or later, or takes its stream over. */
export type Method = (message: Buffer, call: ServerCall) => void;

/** What the calls of a server share. Sizes in bytes, times in milliseconds. */
export interface CallTerms {
  readonly maxMessageSize: number;
  /** For the whole request to come in, and afterwards for the client to take its answer. */
  readonly requestTimeout: number;
  readonly wheel: DeadlineWheel;
  readonly budget: BufferBudget;
}

export type CallReply = { readonly kind: 'response'; readonly bytes: Buffer } | CallFailure;

const unknownMethod = callFailure('UNIMPLEMENTED', 'unknown method');
const deadlineExceeded = callFailure('DEADLINE_EXCEEDED', 'deadline exceeded');
const requestLate = callFailure('DEADLINE_EXCEEDED', 'the request did not come in time');

const callOf: unique symbol = Symbol('call');

/** The listeners are the same for all streams and find the call by its stream: closures would be made for each. */
interface AttendedStream extends ServerHttp2Stream {
  [callOf]: ServerCall;
}

function onData(this: AttendedStream, chunk: Buffer): void {
  this[callOf].receive(chunk);
}

function onEnd(this: AttendedStream): void {
  this[callOf].ended();
}

function onClose(this: AttendedStream): void {
  this[callOf].closed();
}

/** One call, from its headers to its end. */
export class ServerCall implements AnswerableCall, Due {
  readonly deadline: number;
  due: number;
  slot: Due['slot'];
  previous: Due['previous'];
  next: Due['next'];
  readonly #stream: ServerHttp2Stream;
  readonly #method: Method | undefined;
  readonly #terms: CallTerms;
  readonly #reader: MessageReader;
  readonly #cancelled = new CallCancellation();
  #received = false;
  #answered = false;
  #expired = false;
  #discarded = 0;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, method: Method | undefined, terms: CallTerms) {
    this.#stream = stream;
    this.#method = method;
    this.#terms = terms;
    this.#reader = new MessageReader(terms.maxMessageSize, terms.budget);
    const now = performance.now();
    const time = readRequestHeaders(headers);
    this.deadline = time.ok ? now + time.value : now;
    this.due = Math.min(this.deadline, now + terms.requestTimeout);
    terms.wheel.add(this);
    const attended = stream as AttendedStream;
    attended[callOf] = this;
    attended.on('data', onData);
    attended.on('end', onEnd);
    attended.on('close', onClose);
    if (!time.ok) this.#refuse(time.error);
    else if (method === undefined) this.answer(unknownMethod);
    else if (time.value === 0) this.answer(deadlineExceeded);
  }

  get signal(): CallCancellation {
    return this.#cancelled;
  }

  answer(reply: CallReply): void {
    if (this.#answered) return;
    if (isOpen(this.#stream)) {
      if (reply.kind === 'response') sendMessage(this.#stream, reply.bytes);
      else sendFailure(this.#stream, reply);
    }
    this.#answered = true;
  }

  /** Hands the stream to a method that answers with several messages; the call looks after it no more. */
  takeOver(): ServerHttp2Stream {
    this.#answered = true;
    this.#terms.wheel.remove(this);
    return this.#stream;
  }

  expire(now: number): void {
    // Answered long ago and still open: the client does not take the answer or does not end its request.
    if (this.#expired) {
      this.#stream.close(constants.NGHTTP2_CANCEL);
      return;
    }
    if (now >= this.deadline) this.#giveUp(deadlineExceeded);
    else if (!this.#received) this.#giveUp(requestLate);
    this.#expired = this.#answered;
    const again = now + this.#terms.requestTimeout;
    this.due = this.#answered ? again : Math.min(again, this.deadline);
    this.#terms.wheel.add(this);
  }

  #giveUp(failure: CallFailure): void {
    if (this.#answered) return;
    this.answer(failure);
    this.#cancelled.abort();
  }

  #refuse(refusal: CallFailure | HttpRefusal): void {
    if (refusal.kind === 'status') {
      this.answer(refusal);
      return;
    }
    this.#answered = true;
    if (isOpen(this.#stream)) sendHttpStatus(this.#stream, refusal.status);
  }

  /** @internal for the listeners of the stream */
  receive(chunk: Buffer): void {
    if (this.#answered) {
      this.#discard(chunk);
      return;
    }
    const failure = this.#reader.push(chunk);
    if (failure !== undefined) this.answer(failure);
  }

  /** What is still under way of a request that has been refused; more than a message of it is cut off. */
  #discard(chunk: Buffer): void {
    this.#discarded += chunk.length;
    if (this.#discarded > this.#terms.maxMessageSize) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  /** @internal */
  ended(): void {
    if (this.#answered || !isOpen(this.#stream)) return;
    const message = this.#reader.end();
    if (message.ok) {
      this.#received = true;
      this.#method?.(message.value, this);
    } else this.answer(message.error);
  }

  /** @internal */
  closed(): void {
    this.#terms.wheel.remove(this);
    this.#reader.release();
    if (this.#answered) return;
    this.#answered = true;
    this.#cancelled.abort();
  }
}

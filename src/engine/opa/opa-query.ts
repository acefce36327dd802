import type { Evaluation, Query } from '../engine.js';
import { failed } from '../failed.js';
import type { ExchangeListener, HttpAnswer, HttpExchange, HttpFailure } from './http-exchange.js';
import type { OpaClient } from './opa-client.js';
import { readAnswer } from './read-answer.js';

/** One query on its way to OPA. Settles once: by an answer, a failure, its deadline, Envoy or {@link end}. */
export class OpaQuery implements ExchangeListener {
  readonly #client: OpaClient;
  readonly #query: Query;
  readonly #settle: (evaluation: Evaluation) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.end(failed('cancelled', 'Envoy gave up on the check'));
  #exchange: HttpExchange | undefined;
  #retried = false;
  #settled = false;

  constructor(client: OpaClient, query: Query, settle: (evaluation: Evaluation) => void) {
    this.#client = client;
    this.#query = query;
    this.#settle = settle;
    const remaining = Math.max(0, query.deadline - performance.now());
    this.#timer = setTimeout(() => this.end(failed('engine_timeout', 'OPA did not answer in time')), remaining);
    query.signal?.addEventListener('abort', this.#onAbort, { once: true });
    const exchange = client.evaluate(query.path, query.input.encoded, this);
    // A failure at once has already put the retry in place.
    this.#exchange ??= exchange;
  }

  answered(answer: HttpAnswer): void {
    this.end(readAnswer(answer));
  }

  failed({ error, answerBegun }: HttpFailure): void {
    if (!answerBegun && !this.#retried && !this.#settled && isDropped(error)) {
      this.#retried = true;
      this.#exchange = this.#client.evaluateFresh(this.#query.path, this.#query.input.encoded, this);
      return;
    }
    this.end(failed('engine_unreachable', `OPA cannot be asked: ${describe(error)}`, error));
  }

  end(evaluation: Evaluation): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#query.signal?.removeEventListener('abort', this.#onAbort);
    this.#exchange?.abandon(new Error('nobody waits for the answer'));
    this.#settle(evaluation);
  }
}

/**
 * A kept connection that OPA closed while the request was on its way. Asking again is safe: a query
 * has no effects.
 */
function isDropped(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function describe(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  // A refused connection to a name with several addresses is an AggregateError without a message.
  return error.message === '' ? (code ?? error.name) : error.message;
}

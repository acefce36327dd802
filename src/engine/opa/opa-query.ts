import { failed } from '../failed.js';
import {
  AnswerTooLarge,
  type ExchangeListener,
  type HttpAnswer,
  type HttpExchange,
  type HttpFailure,
} from './http-exchange.js';
import type { OpaClient } from './opa-client.js';
import type { PendingQuery } from './pending-query.js';
import { holdsFor, type Projection, sentText } from './projection.js';
import { readAnswer } from './read-answer.js';

/** One query on its way to OPA on its own. */
export class OpaQuery implements ExchangeListener {
  readonly #client: OpaClient;
  readonly #pending: PendingQuery;
  #projection: Projection | undefined;
  #exchange: HttpExchange | undefined;
  #retried = false;

  /**
   * @param projection what is sent of the input; undefined: everything
   * @param over called once, when the query has settled
   */
  constructor(client: OpaClient, pending: PendingQuery, projection: Projection | undefined, over: () => void) {
    this.#client = client;
    this.#pending = pending;
    this.#projection = projection;
    pending.onEnd(() => {
      this.#exchange?.abandon(new Error('nobody waits for the answer'));
      over();
    });
    const { input, path } = pending.query;
    const exchange = client.evaluate(path, sentText(input, projection), this);
    // A failure at once has already put the retry in place.
    this.#exchange ??= exchange;
  }

  answered(answer: HttpAnswer): void {
    const evaluation = readAnswer(answer);
    if (holdsFor(evaluation, this.#projection)) this.#pending.end(evaluation);
    else this.#askWhole();
  }

  failed({ error, answerBegun }: HttpFailure): void {
    if (!answerBegun && !this.#retried && !this.#pending.settled && isDropped(error)) {
      this.#retried = true;
      const { input, path } = this.#pending.query;
      this.#exchange = this.#client.evaluateFresh(path, sentText(input, this.#projection), this);
      return;
    }
    // A policy that repeats its input lets a client bring this about, so it is no outage.
    if (error instanceof AnswerTooLarge && this.#projection !== undefined) this.#askWhole();
    else if (error instanceof AnswerTooLarge) this.#pending.end(failed('policy_error', error.message, error));
    else this.#pending.end(failed('engine_unreachable', `OPA cannot be asked: ${describe(error)}`, error));
  }

  /** OPA has another policy than the one that the input was cut down for, or failed: with everything there is no doubt. */
  #askWhole(): void {
    if (this.#pending.settled) return;
    this.#projection = undefined;
    const { input, path } = this.#pending.query;
    this.#exchange = this.#client.evaluate(path, input.encoded, this);
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

import type { Evaluation } from '../engine.js';
import { type BatchAnswer, readBatchAnswer } from './batch-query.js';
import type { ExchangeListener, HttpAnswer, HttpExchange, HttpFailure } from './http-exchange.js';
import type { OpaClient } from './opa-client.js';
import type { PendingQuery } from './pending-query.js';
import type { Projection } from './projection.js';

/** How a batch ended: with answers, with nobody left to wait for one, or with nothing that can be used. */
export type BatchEnd =
  | { readonly kind: 'answered' | 'abandoned' }
  | { readonly kind: 'useless'; readonly reason: string; readonly status: number | undefined };

/** What is asked in one request. */
export interface BatchQuestion {
  readonly path: string;
  readonly queries: readonly PendingQuery[];
  /** The different inputs, as JSON texts. */
  readonly inputs: readonly (string | Uint8Array)[];
  /** Which of the inputs each query has. */
  readonly places: readonly number[];
  /** How the inputs were cut down; undefined: they were not. */
  readonly projection: Projection | undefined;
}

export interface BatchListener {
  /** Whether results of this revision may come from a batch. */
  accepts(path: string, revision: string | undefined): boolean;
  /** Called once; `left` are the queries that still wait and must be asked on their own. */
  over(end: BatchEnd, left: readonly PendingQuery[]): void;
}

/** Milliseconds that a batch has in any case, so that one query in a hurry does not end it for all. */
const leastTime = 25;

/**
 * Queries for one rule on their way to OPA in one request. Each keeps its own deadline; the batch gives up when half
 * of the shortest is gone, so that one slow input cannot take the others with it.
 */
export class OpaBatch implements ExchangeListener {
  readonly #question: BatchQuestion;
  readonly #queries: readonly PendingQuery[];
  readonly #listener: BatchListener;
  readonly #timer: NodeJS.Timeout;
  #exchange: HttpExchange | undefined;
  #waiting: number;
  #over = false;

  constructor(client: OpaClient, question: BatchQuestion, listener: BatchListener) {
    const { inputs, path, queries } = question;
    this.#question = question;
    this.#queries = queries;
    this.#listener = listener;
    this.#waiting = queries.length;
    const shortest = Math.min(...queries.map(({ query }) => query.deadline)) - performance.now();
    this.#timer = setTimeout(() => this.#useless('OPA took too long'), Math.max(leastTime, shortest / 2));
    for (const query of queries) query.onEnd(() => this.#oneEnded());
    const exchange = client.evaluateBatch(path, inputs, this);
    this.#exchange = exchange;
    if (this.#over) exchange.abandon(new Error('the batch is over'));
  }

  answered(answer: HttpAnswer): void {
    if (this.#over) return;
    const read = readBatchAnswer(answer, this.#question.inputs.length);
    if (!read.ok) this.#useless(read.error, answer.status);
    else if (!this.#accepts(read.value.revision)) this.#useless('the policy has changed');
    else this.#answer(read.value);
  }

  #accepts(revision: string | undefined): boolean {
    const { path, projection } = this.#question;
    if (projection !== undefined && projection.revision !== revision) return false;
    return this.#listener.accepts(path, revision);
  }

  failed({ error }: HttpFailure): void {
    this.#useless(error.message);
  }

  #answer({ results, revision }: BatchAnswer): void {
    this.#end({ kind: 'answered' }, []);
    for (const [index, query] of this.#queries.entries()) {
      const result = results[this.#question.places[index] ?? index];
      const evaluation: Evaluation =
        result === undefined ? { kind: 'undefined', revision } : { kind: 'result', result, revision };
      query.end(evaluation);
    }
  }

  #oneEnded(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#over) return;
    this.#end({ kind: 'abandoned' }, []);
    this.#exchange?.abandon(new Error('nobody waits for the answer'));
  }

  #useless(reason: string, status?: number): void {
    if (this.#over) return;
    const left = this.#queries.filter(({ settled }) => !settled);
    this.#end({ kind: 'useless', reason, status }, left);
    this.#exchange?.abandon(new Error(reason));
  }

  #end(end: BatchEnd, left: readonly PendingQuery[]): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const query of this.#queries) query.onEnd(undefined);
    this.#listener.over(end, left);
  }
}

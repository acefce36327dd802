import type { Evaluation, Query } from '../engine.js';
import { failed } from '../failed.js';

/**
 * A query that waits for an answer. Settles once: by an answer, its own deadline, its own client giving up, or
 * {@link end}; whatever else it was asked together with.
 */
export class PendingQuery {
  readonly query: Query;
  readonly #settle: (evaluation: Evaluation) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.end(failed('cancelled', 'Envoy gave up on the check'));
  #settled = false;
  #onEnd: (() => void) | undefined;

  constructor(query: Query, settle: (evaluation: Evaluation) => void) {
    this.query = query;
    this.#settle = settle;
    const remaining = Math.max(0, query.deadline - performance.now());
    this.#timer = setTimeout(() => this.end(failed('engine_timeout', 'OPA did not answer in time')), remaining);
    query.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Who is told when it has settled; one at a time. */
  onEnd(listener: (() => void) | undefined): void {
    this.#onEnd = listener;
  }

  end(evaluation: Evaluation): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.query.signal?.removeEventListener('abort', this.#onAbort);
    this.#onEnd?.();
    this.#settle(evaluation);
  }
}

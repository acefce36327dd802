import type { Evaluation, Query } from '../engine.js';
import { failed } from '../failed.js';

/** What those who wait for an evaluation made for another check make of it. */
export type Shared =
  | { readonly kind: 'answer'; readonly evaluation: Evaluation }
  /** It ended for reasons of the check it was made for (its deadline, its client), which say nothing about others. */
  | { readonly kind: 'again' }
  /** The result may not be given twice. */
  | { readonly kind: 'alone' };

/** One evaluation under way, and the checks that wait for it with the same key. */
export class Flight {
  readonly #waiting = new Set<(shared: Shared) => void>();

  land(shared: Shared): void {
    for (const wake of this.#waiting) wake(shared);
    this.#waiting.clear();
  }

  /** Resolves when the flight lands, or with a failure at the check's own deadline and when its own client gives up. */
  wait({ deadline, signal }: Query, now: number): Promise<Shared> {
    return new Promise((resolve) => {
      const end = (shared: Shared): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(end);
        resolve(shared);
      };
      const late = (): void =>
        end({ kind: 'answer', evaluation: failed('engine_timeout', 'the policy did not answer in time') });
      const onAbort = (): void =>
        end({ kind: 'answer', evaluation: failed('cancelled', 'Envoy gave up on the check') });
      const timer = setTimeout(late, Math.max(0, deadline - now));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(end);
    });
  }
}

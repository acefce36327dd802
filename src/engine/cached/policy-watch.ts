import type { Evaluation } from '../engine.js';

interface Known {
  readonly revision: string | undefined;
}

/**
 * Which revision answers now, as far as the answers tell. Two evaluations may end in another order than they began,
 * around a change of the policy: what an evaluation says that began before the last known change is not believed.
 */
export class PolicyWatch {
  /** Milliseconds that a revision is believed in; undefined if it never changes. */
  readonly #freshFor: number | undefined;
  readonly #onChange: () => void;
  #known: Known | undefined;
  #epoch = 0;
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(freshFor: number | undefined, onChange: () => void) {
    this.#freshFor = freshFor;
    this.#onChange = onChange;
    if (freshFor === undefined) this.#known = { revision: undefined };
  }

  /** Undefined until an answer has told a revision. */
  known(): Known | undefined {
    return this.#known;
  }

  /** Whether the revision was seen not long ago, so that results of it may be given. */
  isFresh(now: number): boolean {
    return this.#freshFor === undefined || now - this.#seenAt < this.#freshFor;
  }

  /**
   * An evaluation begins. The function returned takes how it ended and says whether the policy is still the one that
   * was known at its beginning.
   */
  begin(now: number): (evaluation: Evaluation) => boolean {
    const epoch = this.#epoch;
    const before = this.#known;
    return (evaluation) => {
      if (epoch !== this.#epoch) return false;
      if (this.#freshFor === undefined || evaluation.kind === 'failed') return true;
      const { revision } = evaluation;
      if (revision === before?.revision && before !== undefined) {
        this.#seenAt = Math.max(this.#seenAt, now);
        return true;
      }
      this.#change(revision);
      this.#seenAt = now;
      return false;
    };
  }

  /** What began before this is not believed any more. */
  forget(): void {
    this.#epoch += 1;
  }

  #change(revision: string | undefined): void {
    this.#epoch += 1;
    this.#known = revision === undefined ? undefined : { revision };
    this.#onChange();
  }
}

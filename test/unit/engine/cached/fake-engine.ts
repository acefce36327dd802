import { createInputDocument } from '../../../../src/check/input/input-document.js';
import type { Engine, Evaluation, Query } from '../../../../src/engine/engine.js';
import type { JsonValue } from '../../../../src/json/json.js';
import { InputPlace } from '../../../../src/policy/plan/input-reads.js';
import type { ReadSet } from '../../../../src/policy/plan/read-set.js';

/** An engine that answers as it is told; `hold` makes it wait until `release`. */
export class FakeEngine implements Engine {
  readonly kind = 'fake';
  readonly asked: Query[] = [];
  readonly #held: (() => void)[] = [];
  answer: (query: Query) => Evaluation;
  isReady = true;
  hold = false;
  closed = false;

  constructor(answer: (query: Query) => Evaluation) {
    this.answer = answer;
  }

  evaluate(query: Query): Evaluation | Promise<Evaluation> {
    this.asked.push(query);
    if (!this.hold) return this.answer(query);
    return new Promise((resolve) => {
      const evaluation = this.answer(query);
      this.#held.push(() => resolve(evaluation));
    });
  }

  /** Lets the evaluations held go, the oldest first, or only the one at `index`. */
  release(index?: number): void {
    const going = index === undefined ? this.#held.splice(0) : this.#held.splice(index, 1);
    for (const go of going) go();
  }

  revision(): string | undefined {
    return undefined;
  }

  ready(): boolean {
    return this.isReady;
  }

  onReadyChange(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** A read set of members of the input. */
export function readSetOf(names: readonly string[], impure: readonly string[] = []): ReadSet {
  const root = new InputPlace();
  for (const name of names) root.member(name).readWhole();
  return { input: root.reads(), impure };
}

export function query(value: JsonValue, more: Partial<Query> = {}): Query {
  return { path: 'p/allow', input: createInputDocument(value), deadline: 3_600_000, ...more };
}

export const result = (value: JsonValue, revision?: string): Evaluation => ({
  kind: 'result',
  result: value,
  revision,
});

import type { Engine, Evaluation, Query } from './engine.js';

/**
 * Stands for the engine of the moment, so that listeners and checks need not know that a new bundle
 * has taken the place of the old. An evaluation ends on the engine it began on.
 */
export class ReplaceableEngine implements Engine {
  #engine: Engine;
  #unsubscribe: () => void;
  readonly #listeners = new Set<(ready: boolean) => void>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#unsubscribe = this.#follow(engine);
  }

  get kind(): string {
    return this.#engine.kind;
  }

  evaluate(query: Query): Evaluation | Promise<Evaluation> {
    return this.#engine.evaluate(query);
  }

  revision(): string | undefined {
    return this.#engine.revision();
  }

  ready(): boolean {
    return this.#engine.ready();
  }

  onReadyChange(listener: (ready: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From the next evaluation on, `next` answers. The old engine is closed. */
  async replace(next: Engine): Promise<void> {
    const previous = this.#engine;
    this.#unsubscribe();
    this.#engine = next;
    this.#unsubscribe = this.#follow(next);
    if (previous.ready() !== next.ready()) this.#announce(next.ready());
    await previous.close();
  }

  async close(): Promise<void> {
    await this.#engine.close();
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #follow(engine: Engine): () => void {
    return engine.onReadyChange((ready) => this.#announce(ready));
  }

  #announce(ready: boolean): void {
    for (const listener of this.#listeners) listener(ready);
  }
}

/** Whether an engine can be asked, and who wants to know when that changes. */
export class ReadyState {
  readonly #listeners = new Set<(ready: boolean) => void>();
  #ready: boolean;

  constructor(ready: boolean) {
    this.#ready = ready;
  }

  get(): boolean {
    return this.#ready;
  }

  set(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    for (const listener of [...this.#listeners]) listener(ready);
  }

  /** Returns a function that ends the subscription. */
  onChange(listener: (ready: boolean) => void): () => void {
    // Wrapped, so that one function subscribed twice has two subscriptions that end one by one.
    const subscription = (ready: boolean): void => listener(ready);
    this.#listeners.add(subscription);
    return () => {
      this.#listeners.delete(subscription);
    };
  }
}

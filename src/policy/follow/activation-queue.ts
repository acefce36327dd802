/** Does one thing after the other, so that what serves is always made of bundles that were seen to fit together. */
export class ActivationQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<Value>(step: () => Value | Promise<Value>): Promise<Value> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

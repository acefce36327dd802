/** More work was asked for than may wait. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}

/**
 * Lets at most `atOnce` pieces of work run and at most `waiting` wait. Each password costs memory and a processor:
 * unbounded, a flood of logins would take all of both.
 */
export class BoundedWork {
  readonly #waiting: (() => void)[] = [];
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  #running = 0;

  constructor(atOnce: number, waiting: number) {
    this.#atOnce = atOnce;
    this.#mostWaiting = waiting;
  }

  /** @throws TooMuchWork at once, if as many wait as may */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Whoever is next takes over the place, so that nobody who comes now can slip in before.
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting) throw new TooMuchWork('too many passwords are being checked');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

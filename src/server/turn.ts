/**
 * Gathers what comes in within one turn of the event loop and begins it one after the other when all of it has been read.
 * Between two system calls, work finds the caches of the processor as cold as the kernel has left them: a check took five
 * times as long as one right behind another check. With nothing else to do, the wait is that for one look at the sockets.
 */
export class Turn<Item> {
  readonly #begin: (item: Item) => void;
  #waiting: Item[] = [];

  constructor(begin: (item: Item) => void) {
    this.#begin = begin;
  }

  add(item: Item): void {
    if (this.#waiting.push(item) === 1) setImmediate(this.#run);
  }

  readonly #run = (): void => {
    const begun = this.#waiting;
    this.#waiting = [];
    let next = 0;
    try {
      for (; next < begun.length; next += 1) this.#begin(begun[next] as Item);
    } finally {
      // One that throws must not take those behind it along.
      for (const item of begun.slice(next + 1)) this.add(item);
    }
  };
}

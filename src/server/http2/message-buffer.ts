/** The bytes that unfinished messages may hold together, so that many slow clients cannot fill the memory. */
export class BufferBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Whether there was room for `bytes` more. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * The bytes of one message as they come in. They are copied together at once, into memory that grows
 * with what has come: kept as they came, frames of one byte would cost a hundred each, and memory
 * for what a prefix announces could be had for the prefix alone.
 */
export class MessageBuffer {
  readonly #budget: BufferBudget;
  #bytes = Buffer.alloc(0);
  #length = 0;

  constructor(budget: BufferBudget) {
    this.#budget = budget;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Whether the budget had room for `chunk`. */
  append(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length && !this.#grow(Math.max(length, this.#bytes.length * 2))) return false;
    chunk.copy(this.#bytes, this.#length);
    this.#length = length;
    return true;
  }

  /** Gives what it holds back to the budget. Its bytes stay readable for those who have them. */
  release(): void {
    this.#budget.give(this.#bytes.length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
  }

  #grow(capacity: number): boolean {
    if (!this.#budget.take(capacity - this.#bytes.length)) return false;
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    return true;
  }
}

import type { Evaluation } from '../engine.js';

export type CachedResult = Extract<Evaluation, { kind: 'result' }>;

export interface Stored {
  readonly evaluation: CachedResult;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly until: number;
  /** On the clock of the wall, in seconds since 1970: when the credential it was decided for ends. */
  readonly expiresAt: number;
  readonly bytes: number;
}

/** Results by key, the ones not asked for longest leaving first. Bounded by number and by size. */
export class DecisionStore {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Stored>();
  #bytes = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param now as {@link Stored.until} */
  get(key: string, now: number): Stored | undefined {
    const stored = this.#entries.get(key);
    if (stored === undefined) return undefined;
    this.#entries.delete(key);
    if (stored.until <= now) {
      this.#bytes -= stored.bytes;
      return undefined;
    }
    this.#entries.set(key, stored);
    return stored;
  }

  set(key: string, stored: Stored): void {
    this.#remove(key);
    if (stored.bytes > this.#maxBytes) return;
    this.#entries.set(key, stored);
    this.#bytes += stored.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#bytes <= this.#maxBytes) break;
      this.#remove(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

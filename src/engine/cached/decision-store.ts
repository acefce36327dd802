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

interface Entry {
  readonly stored: Stored;
  /** Whether it was asked for since it was last in the way. */
  used: boolean;
}

/**
 * Results by key, bounded by number and by size. When there is no room, the oldest leave first, save for those asked for
 * meanwhile, which are as new again: to be found costs a mark and no change of the order.
 */
export class DecisionStore {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
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
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.stored.until <= now) {
      this.#remove(key);
      return undefined;
    }
    entry.used = true;
    return entry.stored;
  }

  set(key: string, stored: Stored): void {
    this.#remove(key);
    if (stored.bytes > this.#maxBytes) return;
    this.#makeRoom(stored.bytes);
    this.#entries.set(ownCopy(key), { stored, used: false });
    this.#bytes += stored.bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** Each entry is passed over once at most: what is passed over is marked no more. */
  #makeRoom(bytes: number): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size < this.#maxEntries && this.#bytes + bytes <= this.#maxBytes) return;
      if (!entry.used) this.#remove(key);
      else {
        entry.used = false;
        this.#entries.delete(key);
        this.#entries.set(key, entry);
      }
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.stored.bytes ?? 0;
    this.#entries.delete(key);
  }
}

/**
 * The same text in memory of its own. A text that was put together of pieces refers to them, and a piece cut from a
 * request refers to that: a short path would keep a query of 60 kB, with the tokens in it, as long as its entry stays.
 * UTF-16, as half a surrogate pair must stay what it is.
 */
function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

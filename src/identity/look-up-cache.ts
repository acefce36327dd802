export interface LookUpCacheOptions {
  /** Milliseconds; 0 keeps nothing. */
  readonly ttl: number;
  readonly max_entries: number;
}

/** Keeps what was found for a moment, the newest of it. What was not found is never kept. */
export class LookUpCache<Value> {
  readonly #options: LookUpCacheOptions;
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly value: Value; readonly until: number }>();
  #era = 0;

  /** @param now milliseconds on a clock that does not jump */
  constructor(options: LookUpCacheOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#now() < entry.until) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** To be taken before a look-up begins and given to {@link set} with what it found. */
  era(): number {
    return this.#era;
  }

  /** Keeps nothing if anything was forgotten since `era`: what was found may be what has been revoked. */
  set(key: string, value: Value, era: number): void {
    const { ttl, max_entries } = this.#options;
    if (ttl === 0 || era !== this.#era) return;
    this.#entries.delete(key);
    if (this.#entries.size >= max_entries) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { value, until: this.#now() + ttl });
  }

  forget(key: string): void {
    this.#era += 1;
    this.#entries.delete(key);
  }

  forgetAll(): void {
    this.#era += 1;
    this.#entries.clear();
  }
}

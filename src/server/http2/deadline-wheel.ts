/** Something that must be looked after at a certain time, on the clock of `performance.now()`. */
export interface Due {
  readonly due: number;
  /** The time has come. */
  expire(now: number): void;
}

/** Milliseconds from one look to the next, and so how late a deadline may be noticed. */
const tick = 10;
const slotCount = 1024;

/**
 * One timer for the deadlines of all calls: nearly every call ends long before its own, and a timer
 * that is made to be cancelled costs more than a place in a set. Nothing is ever early.
 */
export class DeadlineWheel {
  readonly #slots = Array.from({ length: slotCount }, () => new Set<Due>());
  readonly #slotOf = new Map<Due, Set<Due>>();
  #timer: NodeJS.Timeout | undefined;
  /** The last tick that has been looked at. */
  #seen = 0;

  add(entry: Due): void {
    if (this.#timer === undefined) this.#start();
    const slot = this.#slot(Math.max(Math.ceil(entry.due / tick), this.#seen + 1));
    slot.add(entry);
    this.#slotOf.set(entry, slot);
  }

  remove(entry: Due): void {
    this.#slotOf.get(entry)?.delete(entry);
    this.#slotOf.delete(entry);
  }

  #start(): void {
    this.#seen = Math.floor(performance.now() / tick);
    this.#timer = setInterval(() => this.#turn(performance.now()), tick);
    this.#timer.unref();
  }

  #turn(now: number): void {
    const last = Math.floor(now / tick);
    const first = Math.max(this.#seen + 1, last - slotCount + 1);
    this.#seen = Math.max(this.#seen, last);
    for (let at = first; at <= last; at += 1) this.#expire(this.#slot(at), now);
    if (this.#slotOf.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What is due on a later turn of the wheel stays. */
  #expire(slot: Set<Due>, now: number): void {
    for (const entry of slot) {
      if (entry.due > now) continue;
      this.remove(entry);
      entry.expire(now);
    }
  }

  #slot(at: number): Set<Due> {
    return this.#slots[at % slotCount] as Set<Due>;
  }
}

/** Something that must be looked after at a certain time, on the clock of `performance.now()`. */
export interface Due {
  readonly due: number;
  /** Where it is in the wheel, which alone touches these. */
  slot?: Slot | undefined;
  previous?: Due | Slot | undefined;
  next?: Due | undefined;
  /** The time has come. */
  expire(now: number): void;
}

/** What is due at about the same time, linked through the entries themselves: nothing is made or looked up for one. */
class Slot {
  next: Due | undefined = undefined;
}

/** Milliseconds from one look to the next, and so how late a deadline may be noticed. */
const tick = 10;
const slotCount = 1024;

/**
 * One timer for the deadlines of all calls: nearly every call ends long before its own, and a timer
 * that is made to be cancelled costs more than a place in a list. Nothing is ever early.
 */
export class DeadlineWheel {
  readonly #slots = Array.from({ length: slotCount }, () => new Slot());
  #entries = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The last tick that has been looked at. */
  #seen = 0;

  add(entry: Due): void {
    this.remove(entry);
    if (this.#timer === undefined) this.#start();
    const slot = this.#slot(Math.max(Math.ceil(entry.due / tick), this.#seen + 1));
    entry.slot = slot;
    entry.previous = slot;
    entry.next = slot.next;
    if (slot.next !== undefined) slot.next.previous = entry;
    slot.next = entry;
    this.#entries += 1;
  }

  remove(entry: Due): void {
    if (entry.previous === undefined) return;
    entry.previous.next = entry.next;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.slot = undefined;
    this.#entries -= 1;
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
    if (this.#entries > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What is due on a later turn of the wheel stays. Whatever an entry does, each is looked at once at most. */
  #expire(slot: Slot, now: number): void {
    const entries: Due[] = [];
    for (let entry = slot.next; entry !== undefined; entry = entry.next) entries.push(entry);
    // The newest stands first.
    for (const entry of entries.reverse()) {
      if (entry.slot !== slot || entry.due > now) continue;
      this.remove(entry);
      entry.expire(now);
    }
  }

  #slot(at: number): Slot {
    return this.#slots[at % slotCount] as Slot;
  }
}

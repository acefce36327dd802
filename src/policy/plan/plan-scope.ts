import { joined, nowhere, type Places, PlanNotUnderstood } from './places.js';

/** The places that each local may be. A local that is absent is at none. */
export type Locals = Map<number, Places>;

/** The locals inside a block, and everything that was assigned there. */
export class Scope {
  readonly locals: Locals;
  readonly assigned: Locals = new Map();

  constructor(outside: Locals) {
    this.locals = new Map(outside);
  }

  get(local: unknown): Places {
    return this.locals.get(numberOf(local)) ?? nowhere;
  }

  assign(target: unknown, places: Places): void {
    const local = numberOf(target);
    this.locals.set(local, places);
    this.assigned.set(local, joined(this.assigned.get(local) ?? nowhere, places));
  }

  /** What may have been assigned in a block inside this one; says whether that is new. */
  join(assigned: Locals): boolean {
    join(this.assigned, assigned);
    return join(this.locals, assigned);
  }
}

export function join(into: Locals, assigned: Locals): boolean {
  let changed = false;
  for (const [local, places] of assigned) {
    const before = into.get(local) ?? nowhere;
    const after = joined(before, places);
    into.set(local, after);
    changed ||= after.size > before.size;
  }
  return changed;
}

export function numberOf(value: unknown): number {
  if (!Number.isInteger(value)) throw new PlanNotUnderstood('a local');
  return Number(value);
}

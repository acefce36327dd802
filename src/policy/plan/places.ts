import type { InputPlace } from './input-reads.js';

/**
 * The places of the input that a value may be. None: a value of the policy's own, or one whose origin has already
 * been counted as read.
 */
export type Places = ReadonlySet<InputPlace>;

export const nowhere: Places = new Set();

/** The plan is not what OPA's documentation describes, or too large to follow. */
export class PlanNotUnderstood extends Error {}

export function joined(left: Places, right: Places): Places {
  if (left.size === 0 || left === right) return right;
  return right.size === 0 ? left : new Set([...left, ...right]);
}

export function membersOf(places: Places, name: string): Places {
  return places.size === 0 ? nowhere : new Set([...places].map((place) => place.member(name)));
}

export function readWhole(places: Places): void {
  for (const place of places) place.readWhole();
}

import { JsonNumber } from '../../../../json/json.js';
import { RegoSet } from '../../rego-set.js';

/**
 * A value as a built-in sees it: JSON and sets. Numbers that a JavaScript number would change
 * arrive as {@link JsonNumber}, and may be returned as JsonNumber.
 * In strings, a lone surrogate U+DC80…U+DCFF stands for a byte that is not UTF-8 (see `bytes.ts`).
 */
export type RegoValue = null | boolean | RegoNumber | string | readonly RegoValue[] | RegoSet | RegoObject;

export type RegoNumber = number | JsonNumber;

/** Those we make have no prototype. */
export interface RegoObject {
  readonly [name: string]: RegoValue;
}

export function isNumber(value: unknown): value is RegoNumber {
  return typeof value === 'number' || value instanceof JsonNumber;
}

export function isSet(value: unknown): value is RegoSet & readonly RegoValue[] {
  return value instanceof RegoSet;
}

/** An array that is not a set. */
export function isArray(value: unknown): value is readonly RegoValue[] {
  return Array.isArray(value) && !isSet(value);
}

export function isArrayOrSet(value: unknown): value is readonly RegoValue[] {
  return Array.isArray(value);
}

export function isObject(value: unknown): value is RegoObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** Makes an object without a prototype: its names may come from a client. */
export function objectOf(entries: Iterable<readonly [string, RegoValue]>): RegoObject {
  const object: Record<string, RegoValue> = Object.create(null);
  for (const [name, value] of entries) object[name] = value;
  return object;
}

export function setOf(elements: Iterable<RegoValue>): RegoSet {
  return RegoSet.from(elements) as RegoSet;
}

/** A member of an object, whatever its prototype. */
export function member(object: RegoObject, name: string): RegoValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A member that may be left out; only then is it the empty string. */
export function optionalMember(object: RegoObject, name: string): RegoValue {
  const value = member(object, name);
  return value === undefined ? '' : value;
}

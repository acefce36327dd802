import { JsonNumber, type JsonValue } from '../../json/json.js';

/** How long a policy lets its result be kept, in milliseconds; undefined if it says nothing. */
export function hintedAge(result: JsonValue): number | undefined {
  const hint = memberOf(result, 'cache_max_age');
  if (hint === undefined) return undefined;
  const seconds = numberOf(hint);
  // What is no number of seconds makes the decision a fault later on; until then it is not kept.
  return seconds === undefined || seconds < 0 ? 0 : seconds * 1000;
}

/**
 * When the credential of the caller ends, in seconds since 1970; infinity without one that ends. It counts whether
 * or not the policy reads it: nobody is to be let in by what was decided for a credential that has ended.
 */
export function credentialEnd(input: JsonValue): number {
  const end = memberOf(memberOf(input, 'identity'), 'expires_at');
  return end === undefined ? Number.POSITIVE_INFINITY : (numberOf(end) ?? 0);
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber || value instanceof Uint8Array) {
    return undefined;
  }
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, JsonValue | undefined>>)[name] : undefined;
}

function numberOf(value: JsonValue): number | undefined {
  const number = value instanceof JsonNumber ? Number(value.text) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/json/json.js';
import type { InputReads } from '../../../src/policy/plan/input-reads.js';

const names = ['a', 'b', 'c', 'd', 'x', 'headers', 'x-a', 'length', '__proto__', 'constructor', 'constants'];
const scalar = fc.constantFrom<JsonValue>(
  'x',
  'y',
  'a',
  'b',
  '',
  0,
  1,
  2,
  true,
  false,
  null,
  'GET',
  'cars',
  'ADMIN_ROLE',
);

/** Any JSON value, made of the names and values that the tricky policies look for. */
export const anything: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 1, arbitrary: objectOf(fc.constantFrom(...names), tie('value')) },
  ),
})).value;

function objectOf(name: fc.Arbitrary<string>, value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> {
  return fc.array(fc.tuple(name, value), { maxLength: 4 }).map(record);
}

export function record(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
  const made: Record<string, JsonValue> = Object.create(null);
  for (const [name, value] of entries) made[name] = value;
  return made;
}

/** Inputs that have something at the places that are read, most of the time. */
export function inputsFor(reads: InputReads): fc.Arbitrary<JsonValue> {
  if (reads.whole || reads.members.size === 0) return anything;
  const members = [...reads.members].map(([name, inner]) =>
    fc.option(inputsFor(inner), { freq: 8 }).map((value) => (value === null ? [] : [[name, value] as const])),
  );
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(...members).map((found) => record(found.flat())) },
    { weight: 1, arbitrary: anything },
  );
}

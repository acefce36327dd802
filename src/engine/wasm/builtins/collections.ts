import { any, type Builtins, builtin, integer, object } from './builtin.js';
import { reachablePaths } from './reachable-paths.js';
import { equalValues } from './rego/equality.js';
import { numberFromBigInt } from './rego/number.js';
import { isArray, isArrayOrSet, isObject, isSet, member, type RegoObject, type RegoValue } from './rego/rego-value.js';

/** A range in one call holds the whole process up: WebAssembly cannot be interrupted. */
const maxRange = 1_000_000n;

export const collectionBuiltins: Builtins = {
  'graph.reachable_paths': builtin([object, any], (graph, initial) =>
    isArrayOrSet(initial) ? reachablePaths(graph, initial) : undefined,
  ),
  'numbers.range_step': builtin([integer, integer, integer], rangeStep),
  'object.subset': builtin([any, any], (whole, part) => {
    if (isObject(whole) && isObject(part)) return objectSubset(whole, part);
    if (isArrayOrSet(whole) && isArrayOrSet(part)) return listSubset(whole, part);
    return undefined;
  }),
};

function rangeStep(from: bigint, to: bigint, step: bigint): RegoValue | undefined {
  const distance = from <= to ? to - from : from - to;
  if (step <= 0n || distance / step >= maxRange) return undefined;
  const values: RegoValue[] = [];
  for (let offset = 0n; offset <= distance; offset += step) {
    values.push(numberFromBigInt(from <= to ? from + offset : from - offset));
  }
  return values;
}

function objectSubset(whole: RegoObject, part: RegoObject): boolean {
  return Object.entries(part).every(([name, value]) => {
    const other = member(whole, name);
    if (other === undefined) return false;
    if (equalValues(other, value)) return true;
    if (isObject(other) && isObject(value)) return objectSubset(other, value);
    const alike = (isSet(other) && isSet(value)) || (isArray(other) && isArray(value));
    return alike && listSubset(other, value) === true;
  });
}

/** A set within a set or an array in any order; an array within an array only as one run. */
function listSubset(whole: readonly RegoValue[], part: readonly RegoValue[]): boolean | undefined {
  if (isSet(part)) {
    if (part.length === 0 && !isSet(whole)) return whole.length > 0;
    return Array.from<RegoValue>(part).every((element) => whole.some((other) => equalValues(other, element)));
  }
  if (isSet(whole)) return undefined;
  return whole.length >= part.length && startsRun(whole, part);
}

function startsRun(whole: readonly RegoValue[], part: readonly RegoValue[]): boolean {
  return Array.from({ length: whole.length - part.length + 1 }, (_, start) => start).some((start) =>
    part.every((element, offset) => equalValues(whole[start + offset] ?? null, element)),
  );
}

import { JsonNumber } from '../../json/json.js';
import { compareNumbers } from './builtins/rego/number.js';
import type { RegoNumber } from './builtins/rego/rego-value.js';
import { compareText } from './builtins/rego/text-order.js';
import { RegoSet } from './rego-set.js';

/**
 * OPA's order of values: null, booleans, numbers, strings, arrays, objects, sets. A set in a result
 * is written as an array in this order by OPA, while the module keeps it in the order of its hashes.
 */
export function compareRego(left: unknown, right: unknown): number {
  const rank = typeRank(left) - typeRank(right);
  if (rank !== 0) return rank;
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (typeof left === 'boolean' || left === null) return Number(left) - Number(right);
  if (Array.isArray(left) && Array.isArray(right)) return compareSequences(left, right);
  if (typeof left === 'number' || left instanceof JsonNumber) return compareNumbers(left, right as RegoNumber);
  return compareObjects(left as Record<string, unknown>, right as Record<string, unknown>);
}

function typeRank(value: unknown): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'number' || value instanceof JsonNumber) return 2;
  if (typeof value === 'string') return 3;
  if (value instanceof RegoSet) return 6;
  return Array.isArray(value) ? 4 : 5;
}

function compareSequences(left: readonly unknown[], right: readonly unknown[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = compareRego(left[index], right[index]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareObjects(left: Record<string, unknown>, right: Record<string, unknown>): number {
  const leftKeys = Object.keys(left).sort(compareText);
  const rightKeys = Object.keys(right).sort(compareText);
  for (let index = 0; index < Math.min(leftKeys.length, rightKeys.length); index += 1) {
    const [leftKey, rightKey] = [leftKeys[index] ?? '', rightKeys[index] ?? ''];
    const order = compareText(leftKey, rightKey) || compareRego(left[leftKey], right[rightKey]);
    if (order !== 0) return order;
  }
  return leftKeys.length - rightKeys.length;
}

import { compareRego } from '../../compare-rego.js';
import type { RegoValue } from './rego-value.js';

export function equalValues(a: RegoValue, b: RegoValue): boolean {
  return typeof a === 'string' || typeof b === 'string' ? a === b : compareRego(a, b) === 0;
}

export function sortedUnique(values: readonly RegoValue[]): readonly RegoValue[] {
  const sorted = [...values].sort(compareRego);
  return sorted.filter((value, index) => index === 0 || compareRego(value, sorted[index - 1]) !== 0);
}

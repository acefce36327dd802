import { quoteGo } from '../go/quote.js';
import { sortedUnique } from './equality.js';
import { numberText } from './number.js';
import { isArray, isNumber, isSet, type RegoObject, type RegoValue } from './rego-value.js';
import { compareText } from './text-order.js';

/** A value as OPA prints it: canonical order, strings quoted as in Go. */
export function printValue(value: RegoValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoteGo(value);
  if (isNumber(value)) return numberText(value);
  if (isArray(value)) return `[${value.map(printValue).join(', ')}]`;
  if (isSet(value)) return value.length === 0 ? 'set()' : `{${sortedUnique(value).map(printValue).join(', ')}}`;
  return printObject(value as RegoObject);
}

function printObject(object: RegoObject): string {
  const members = Object.entries(object).sort(([a], [b]) => compareText(a, b));
  return `{${members.map(([name, value]) => `${quoteGo(name)}: ${printValue(value)}`).join(', ')}}`;
}

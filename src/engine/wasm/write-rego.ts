import { JsonNumber } from '../../json/json.js';
import { RegoSet } from './rego-set.js';

/**
 * What a built-in returned, as the module's `opa_value_parse` reads it: JSON, and sets. Numbers may be
 * `bigint` or {@link JsonNumber}, so that nanoseconds since 1970 keep their last digits. Throws on
 * what Rego has no value for (`NaN`, functions) and on text without a UTF-8 form, on which the module aborts.
 */
export function writeRego(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('Rego has no such number');
      return String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : writeObject(value);
    default:
      throw new TypeError(`Rego has no ${typeof value}`);
  }
}

const surrogate = /\p{Surrogate}/u;

function writeString(value: string): string {
  if (surrogate.test(value)) throw new TypeError('the text has no UTF-8 form');
  return JSON.stringify(value);
}

function writeObject(value: object): string {
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Set || value instanceof RegoSet) return writeSet([...value].map(writeRego));
  if (Array.isArray(value)) return `[${value.map(writeRego).join(',')}]`;
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${members.map(([name, inner]) => `${writeString(name)}:${writeRego(inner)}`).join(',')}}`;
}

function writeSet(elements: readonly string[]): string {
  return elements.length === 0 ? 'set()' : `{${elements.join(',')}}`;
}

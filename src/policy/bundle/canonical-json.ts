import { encodeJson } from '../../json/encode.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../../json/json.js';

/** Text that is written as it stands, or a value still to be written. */
type Pending = { readonly text: string } | { readonly value: JsonValue };

/**
 * JSON text by which OPA hashes structured files: names in the order of their bytes, no white space,
 * numbers as they were written. Two texts with the same value have the same one. It does not recurse,
 * so that deeply nested data cannot exhaust the stack.
 */
export function canonicalJson(root: JsonValue): string {
  const written: string[] = [];
  const pending: Pending[] = [{ value: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('text' in next) written.push(next.text);
    else if (isList(next.value)) pushReversed(pending, listParts(next.value));
    else if (isObject(next.value)) pushReversed(pending, objectParts(next.value));
    else written.push(scalar(next.value));
  }
  return written.join('');
}

/** One by one: as arguments of one call, the members of a large list would exhaust the stack too. */
function pushReversed(pending: Pending[], parts: readonly Pending[]): void {
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const part = parts[index];
    if (part !== undefined) pending.push(part);
  }
}

function listParts(list: readonly JsonValue[]): Pending[] {
  const parts = list.flatMap((value, index): Pending[] => [{ text: index === 0 ? '' : ',' }, { value }]);
  return [{ text: '[' }, ...parts, { text: ']' }];
}

function objectParts(object: JsonObject): Pending[] {
  const members = Object.entries(object).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  members.sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const parts = members.flatMap(([name, value], index): Pending[] => [
    { text: `${index === 0 ? '' : ','}${scalar(name)}:` },
    { value },
  ]);
  return [{ text: '{' }, ...parts, { text: '}' }];
}

/** Go's encoder escapes the two line separators that JavaScript once refused in string literals. */
function scalar(value: JsonValue): string {
  return encodeJson(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is JsonObject {
  if (typeof value !== 'object' || value === null) return false;
  return !(value instanceof JsonNumber || value instanceof Uint8Array);
}

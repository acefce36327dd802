import { encodeJson } from '../json/encode.js';
import { JsonNumber, type JsonObject, type JsonValue, LazyObject } from '../json/json.js';
import type { InputReads } from '../policy/plan/input-reads.js';

/**
 * JSON text of what is read of an input: the policy decides by it as by the whole. A place of which only members are
 * read keeps being an object, whatever else it holds; what is no object stays as it is, since rules tell these apart.
 */
export function encodeRead(value: JsonValue, reads: InputReads): string {
  if (reads.whole) return encodeJson(value);
  if (value instanceof LazyObject) return encodeRead(value.value, reads);
  if (!isObject(value)) return encodeJson(value);
  let text = '';
  for (const [name, inner] of reads.members) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    if (member === undefined) continue;
    text += `${text === '' ? '{' : ','}${encodedName(name)}:${encodeRead(member, inner)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** Names come from plans, so there are few of them. */
const names = new Map<string, string>();

function encodedName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const encoded = encodeJson(name);
  if (names.size < 10_000) names.set(name, encoded);
  return encoded;
}

function isObject(value: JsonValue): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber || value instanceof Uint8Array)
  );
}

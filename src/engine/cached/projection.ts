import { hash } from 'node:crypto';
import { JsonNumber, type JsonObject, type JsonValue, LazyObject } from '../../json/json.js';
import type { InputReads } from '../../policy/plan/input-reads.js';
import { readsNoSecret } from './secret-reads.js';

/** Deeper than this, an input is not projected: the stack is not the client's to use up. */
const maxDepth = 200;

class TooDeep extends Error {}

/** A longer text is hashed, so that a key is short. */
const longestPlain = 256;

/**
 * A key that two inputs share only if they agree on everything that is read: a text from which what was read could be
 * built again. Each string stands behind its length and each list and object behind its count, so no client can write
 * one value that looks like two (CWE-436). The text itself where it is short and holds nothing that may be a secret,
 * compared as a whole, so that nothing can collide; else its SHA-256, which keeps no secret of the request in memory.
 *
 * @param parts what else must agree, in a fixed order
 * @returns undefined for an input that is not worth it: too deep, or with text that is not Unicode
 */
export function projectionKey(reads: InputReads, input: JsonValue, parts: readonly string[]): string | undefined {
  let text = '';
  for (const part of parts) text += string(part);
  try {
    text += reads.whole ? whole(input, 0) : read(reads, input, 0);
  } catch (error) {
    if (error instanceof TooDeep) return undefined;
    throw error;
  }
  if (text.length <= longestPlain && readsNoSecret(reads)) return text;
  // Half a surrogate pair becomes U+FFFD when it is hashed, and two different names would be one.
  // A text begins with a letter, so that none looks like a hash.
  return /\p{Surrogate}/u.test(text) ? undefined : `#${hash('sha256', text, 'base64')}`;
}

/** A place of which only members are read: is it there, is it an object, and if so its members in the order of `reads`. */
function read(reads: InputReads, value: JsonValue | undefined, depth: number): string {
  if (value === undefined) return 'u';
  if (depth > maxDepth) throw new TooDeep();
  if (reads.whole) return whole(value, depth);
  if (value instanceof LazyObject) return read(reads, value.value, depth);
  if (!isObject(value)) return 'x';
  let text = 'm';
  for (const [name, inner] of reads.members) {
    text += read(inner, Object.hasOwn(value, name) ? value[name] : undefined, depth + 1);
  }
  return text;
}

function whole(value: JsonValue, depth: number): string {
  if (typeof value === 'string') return string(value);
  if (value === null) return 'z';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number') return number(Object.is(value, -0) ? '-0' : String(value));
  if (value instanceof JsonNumber) return number(value.text);
  if (value instanceof LazyObject) return whole(value.value, depth);
  if (value instanceof Uint8Array) return `b${string(Buffer.from(value).toString('base64'))}`;
  if (depth > maxDepth) throw new TooDeep();
  if (isObject(value)) return members(value, depth);
  let text = `a${value.length}:`;
  for (let index = 0; index < value.length; index += 1) text += whole(value[index] ?? null, depth + 1);
  return text;
}

/** Rego's objects have no order, and that of headers changes from one connection to the next. */
function members(value: JsonObject, depth: number): string {
  let text = '';
  let count = 0;
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    count += 1;
    text += string(name) + whole(member, depth + 1);
  }
  return `o${count}:${text}`;
}

function string(text: string): string {
  return `s${text.length}:${text}`;
}

function number(text: string): string {
  return `n${text.length}:${text}`;
}

function isObject(value: JsonValue): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber || value instanceof Uint8Array)
  );
}

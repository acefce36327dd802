import { Buffer } from 'node:buffer';
import { JsonNumber, type JsonValue, LazyObject } from './json.js';

/** Deeper than this, the stack of the process is not used any more. */
const recursionLimit = 500;

/** A quote, a backslash, a control character or half of a surrogate pair. */
const needsCare = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;
const loneSurrogates = /\p{Surrogate}/gu;

/**
 * JSON text of a value: members that are undefined are left out, bytes are base64, a number that was
 * read with its text is written with it, a lone surrogate becomes U+FFFD (OPA refuses the escape).
 */
export function encodeJson(value: JsonValue): string {
  return encode(value, 0);
}

function encode(value: JsonValue, depth: number): string {
  if (typeof value === 'string') return encodeString(value);
  if (typeof value !== 'object' || value === null) return encodeScalar(value);
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Uint8Array) return encodeBytes(value);
  if (value instanceof LazyObject) return encode(value.value, depth);
  if (depth >= recursionLimit) return encodeDeep(value);
  if (isList(value)) {
    let text = '[';
    for (let index = 0; index < value.length; index += 1) {
      if (index > 0) text += ',';
      text += encode(value[index] ?? null, depth + 1);
    }
    return `${text}]`;
  }
  let text = '';
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === undefined) continue;
    text += `${text === '' ? '{' : ','}${encodeString(name)}:${encode(member, depth + 1)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

interface Pending {
  readonly text?: string;
  readonly value?: JsonValue;
}

/** The same text by a list of what is left to write. */
function encodeDeep(root: JsonValue): string {
  const written: string[] = [];
  const pending: Pending[] = [{ value: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.value === undefined) written.push(next.text ?? '');
    else if (next.value instanceof LazyObject) pending.push({ value: next.value.value });
    else if (isContainer(next.value)) pending.push(...expand(next.value).reverse());
    else written.push(encode(next.value, 0));
  }
  return written.join('');
}

function expand(container: readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined }): Pending[] {
  const list = isList(container);
  const pending: Pending[] = [{ text: list ? '[' : '{' }];
  for (const name of Object.keys(container)) {
    const value = list ? container[Number(name)] : container[name];
    if (value === undefined) continue;
    if (pending.length > 1) pending.push({ text: ',' });
    if (!list) pending.push({ text: `${encodeString(name)}:` });
    pending.push({ value });
  }
  pending.push({ text: list ? ']' : '}' });
  return pending;
}

function encodeString(text: string): string {
  return needsCare.test(text) ? JSON.stringify(text.replace(loneSurrogates, '\ufffd')) : `"${text}"`;
}

function encodeScalar(value: null | boolean | number): string {
  if (typeof value !== 'number' || Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return `"${value}"`;
}

function encodeBytes(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`;
}

function isContainer(value: JsonValue): value is readonly JsonValue[] | { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !(value instanceof JsonNumber || value instanceof Uint8Array);
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

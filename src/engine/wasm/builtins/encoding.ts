import { type Builtins, builtin, object, string } from './builtin.js';
import { queryEscape, queryUnescape } from './go/query-escape.js';
import { bytesToText, isWellFormed, textToBytes } from './rego/bytes.js';
import { isArrayOrSet, objectOf, type RegoObject, type RegoValue } from './rego/rego-value.js';
import { compareText } from './rego/text-order.js';

/**
 * Where OPA would have a string that is not UTF-8, the result is undefined: WebAssembly cannot
 * take such a string, and U+FFFD in its place would make different secrets equal.
 */
export const encodingBuiltins: Builtins = {
  'base64url.encode_no_pad': builtin([string], (text) => textToBytes(text).toString('base64url')),
  'hex.encode': builtin([string], (text) => textToBytes(text).toString('hex')),
  'hex.decode': builtin([string], decodeHex),
  'urlquery.encode': builtin([string], queryEscape),
  'urlquery.decode': builtin([string], (text) => wellFormed(queryUnescape(text))),
  'urlquery.encode_object': builtin([object], encodeObject),
  'urlquery.decode_object': builtin([string], decodeObject),
};

function wellFormed(text: string | undefined): string | undefined {
  return text !== undefined && isWellFormed(text) ? text : undefined;
}

function decodeHex(text: string): string | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return wellFormed(bytesToText(Buffer.from(text, 'hex')));
}

function encodeObject(object: RegoObject): string | undefined {
  const pairs: string[] = [];
  for (const name of Object.keys(object).sort(compareText)) {
    const values = valuesOf(object[name]);
    if (values === undefined) return undefined;
    pairs.push(...values.map((value) => `${queryEscape(name)}=${queryEscape(value)}`));
  }
  return pairs.join('&');
}

function valuesOf(value: RegoValue | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  const texts = isArrayOrSet(value) ? value : undefined;
  return texts?.every((text) => typeof text === 'string') ? texts : undefined;
}

function decodeObject(query: string): RegoObject | undefined {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    // A semicolon separates pairs for some servers and not for others; Go refuses it.
    if (pair.includes(';')) return undefined;
    const equals = pair.indexOf('=');
    const name = wellFormed(queryUnescape(equals === -1 ? pair : pair.slice(0, equals)));
    const value = wellFormed(queryUnescape(equals === -1 ? '' : pair.slice(equals + 1)));
    if (name === undefined || value === undefined) return undefined;
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return objectOf(values);
}

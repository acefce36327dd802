import { encodeJson } from '../../../src/json/encode.js';
import { JsonNumber } from '../../../src/json/json.js';
import { parseJson } from '../../../src/json/parse.js';

/** JSON text with names in order and every number as it was written. */
export function canonicalJson(text: string): string {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(`${parsed.error}: ${text.slice(0, 200)}`);
  return encodeJson(sorted(parsed.value));
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON value
function sorted(value: any): any {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value;
  const object = Object.create(null);
  for (const name of Object.keys(value).sort()) object[name] = sorted(value[name]);
  return object;
}

import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { encodeJson } from '../../../src/json/encode.js';
import { JsonNumber, type JsonValue } from '../../../src/json/json.js';
import { parseJson, parseJsonBytes } from '../../../src/json/parse.js';

/** Against `JSON.parse`; and what is written is read back as it was. */
export const json: FuzzTarget = {
  name: 'json',
  dictionary: [
    '{"a":',
    '[',
    ']',
    '}',
    ',',
    '"',
    '\\u',
    '\\ud83d\\ude00',
    '\\ud800',
    '1e400',
    '-0',
    '1.0',
    'null',
    'true',
    '__proto__',
  ],
  run(bytes) {
    assert(parseJsonBytes(bytes));
    const text = bytes.toString('utf8');
    const ours = parseJson(text);
    const theirs = platform(text);
    // Both limits are beyond what is tried here.
    assert.equal(ours.ok, theirs !== undefined);
    if (!ours.ok || theirs === undefined) return;
    assert.deepEqual(plain(ours.value), theirs.value);
    const written = encodeJson(ours.value);
    const again = parseJson(written);
    assert(again.ok && encodeJson(again.value) === written);
    const strict = parseJson(text, { duplicateNames: 'refuse', maxDepth: 256 });
    if (strict.ok) assert.equal(encodeJson(strict.value), written);
  },
};

function platform(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: plain(JSON.parse(text) as JsonValue) };
  } catch {
    return undefined;
  }
}

/** Without what is ours: numbers with their text, objects without a prototype, characters for half ones. */
function plain(value: JsonValue | undefined): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (typeof value === 'string') return whole(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, each]) => [whole(name), plain(each)]);
}

function whole(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

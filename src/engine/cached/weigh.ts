import { JsonNumber, type JsonValue } from '../../json/json.js';

/** What an entry takes besides its result and the text of its key: place in the table, the objects around it. */
const perEntry = 400;
const perValue = 16;
const perMember = 48;
const maxDepth = 100;

/** About how many bytes a result takes in memory as an entry; more than one has, if it is nested too deeply to tell. */
export function weigh(result: JsonValue, key: string): number {
  return perEntry + 2 * key.length + weighValue(result, 0);
}

function weighValue(value: JsonValue | undefined, depth: number): number {
  if (typeof value === 'string') return perValue + 2 * value.length;
  if (typeof value !== 'object' || value === null) return perValue;
  if (value instanceof JsonNumber) return perMember + 2 * value.text.length;
  if (value instanceof Uint8Array) return perMember + value.byteLength;
  if (depth > maxDepth) return Number.POSITIVE_INFINITY;
  let bytes = perMember;
  for (const [name, member] of Object.entries(value)) {
    bytes += perMember + 2 * name.length + weighValue(member, depth + 1);
  }
  return bytes;
}

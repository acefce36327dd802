import { textToBytes } from './bytes.js';

/** By bytes, as Go compares; UTF-16 order differs beyond the basic plane. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(textToBytes(a), textToBytes(b));
}

import { type RegoValue, setOf } from '../../../../src/engine/wasm/builtins/rego/rego-value.js';
import { compareRego } from '../../../../src/engine/wasm/compare-rego.js';
import { JsonNumber } from '../../../../src/json/json.js';

/** A number with its own text. */
export function num(text: string): JsonNumber {
  return new JsonNumber(text);
}

/** A set as the host receives it: in order. */
export function set(...elements: RegoValue[]): RegoValue {
  return setOf([...elements].sort(compareRego));
}

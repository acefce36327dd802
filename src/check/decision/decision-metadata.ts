import { ok, type Result } from '../../errors/result.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../../json/json.js';
import { type DecisionFault, faulty, isObject } from './decision-fault.js';

/**
 * Envoy's protobuf reader gives up after 100 nested messages, about three for each level here. A
 * policy that echoes what a client sent could be made to write an answer that Envoy cannot read, and
 * `failure_mode_allow` would turn a denial into an allow.
 */
const deepest = 24;

/** Names, list entries and characters together. */
const largest = 64 * 1024;

const loneSurrogates = /\p{Surrogate}/gu;

/** `dynamic_metadata` as a protobuf Struct holds it: numbers are doubles. */
export function readMetadata(given: JsonValue | undefined): Result<JsonObject, DecisionFault> {
  if (given === undefined) return ok(Object.create(null));
  if (!isObject(given)) return faulty('shape', '`dynamic_metadata` is not an object');
  const copy = new MetadataCopy();
  const metadata = copy.object(given, 1);
  return copy.fault === undefined ? ok(metadata) : faulty('metadata', copy.fault);
}

class MetadataCopy {
  fault: string | undefined;
  #size = 0;

  object(given: JsonObject, depth: number): JsonObject {
    const object: Record<string, JsonValue> = Object.create(null);
    for (const name of this.#admit(depth) ? Object.keys(given) : []) {
      if (given[name] !== undefined) object[this.#text(name)] = this.#value(given[name], depth + 1);
    }
    return object;
  }

  #value(given: JsonValue, depth: number): JsonValue {
    if (this.fault !== undefined) return null;
    if (typeof given === 'string') return this.#text(given);
    if (typeof given === 'number') return this.#number(given);
    if (given instanceof JsonNumber) return this.#number(Number(given.text));
    if (isList(given)) return this.#admit(depth) ? given.map((item) => this.#value(item, depth + 1)) : [];
    return isObject(given) ? this.object(given, depth) : given;
  }

  #admit(depth: number): boolean {
    this.#count(1);
    if (depth > deepest) this.fault = '`dynamic_metadata` is nested too deep';
    return this.fault === undefined;
  }

  #text(text: string): string {
    this.#count(text.length + 1);
    return text.replace(loneSurrogates, '\ufffd');
  }

  #number(value: number): number {
    this.#count(1);
    if (!Number.isFinite(value)) this.fault = 'a number in `dynamic_metadata` does not fit a double';
    return value;
  }

  #count(size: number): void {
    this.#size += size;
    if (this.#size > largest) this.fault = '`dynamic_metadata` is too large';
  }
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

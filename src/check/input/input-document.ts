import type { InputDocument } from '../../engine/engine.js';
import { encodeJson } from '../../json/encode.js';
import type { JsonValue } from '../../json/json.js';

const encoder = new TextEncoder();

/** The input as an engine takes it; the text is made when it is first asked for. */
export function createInputDocument(value: JsonValue): InputDocument {
  return new LazyDocument(value);
}

class LazyDocument implements InputDocument {
  readonly value: JsonValue;
  #encoded: Uint8Array<ArrayBuffer> | undefined;

  constructor(value: JsonValue) {
    this.value = value;
  }

  get encoded(): Uint8Array<ArrayBuffer> {
    this.#encoded ??= exactly(encoder.encode(encodeJson(this.value)));
    return this.#encoded;
  }
}

function exactly(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}

import type { InputDocument } from '../../engine/engine.js';
import { encodeJson } from '../../json/encode.js';
import type { JsonValue } from '../../json/json.js';

const encoder = new TextEncoder();

/** The input as an engine takes it; the text is made when it is first asked for. */
export function createInputDocument(value: JsonValue): InputDocument {
  let encoded: Uint8Array<ArrayBuffer> | undefined;
  return {
    value,
    get encoded() {
      encoded ??= exactly(encoder.encode(encodeJson(value)));
      return encoded;
    },
  };
}

function exactly(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}

/**
 * A number kept as the text it was written with, where a JavaScript number would change it
 * (`1.0`, `1E400`, 23-digit integers, an int64 beyond 2^53). OPA compares and prints number text.
 */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Stands in a document in the place of an object that is made when someone first looks into it. Whoever goes through
 * whole documents must know it: `encodeJson`, `encodeRead` and `projectionKey` do.
 */
export abstract class LazyObject {
  /** Always the same object. */
  abstract get value(): JsonObject;
}

/**
 * JSON as the policy sees it. Objects made from what a client sent have no prototype, so that
 * names such as `__proto__` are ordinary keys; `Uint8Array` is written as base64, as protobuf JSON does.
 */
export type JsonValue = null | boolean | number | string | JsonNumber | Uint8Array | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

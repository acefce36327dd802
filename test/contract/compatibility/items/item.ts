import type { Ask } from '../../../../scripts/docs/compatibility/deviation.js';

/** A case of the plugin's specification (§6.3) that the recording lacks. */
export interface Item {
  /** Number in §6.3. */
  readonly item: number;
  readonly name: string;
  readonly ask: Ask | Uint8Array;
  /** What opa-envoy-plugin answers, in the words of {@link describeResponse}. */
  readonly answer: string;
  /** What we answer instead under the preset: with either engine, or with one. */
  readonly deviates?: Otherwise;
  readonly opa?: Otherwise;
  readonly wasm?: Otherwise;
}

interface Otherwise {
  /** Title of the deviation that says why. */
  readonly because: string;
  readonly answer: string;
}

/** The refusal of a request, in the words of the plugin. */
export function refused(text: string): string {
  return `deny BadRequest, body ${JSON.stringify(`request_parse_error: ${text}`)}, no decision id`;
}

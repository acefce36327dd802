import { Buffer } from 'node:buffer';
import type { HttpRequest } from '../../envoy/attributes.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';

/** The body of a request, whichever field it came in; `body` wins over `raw_body`, as in opa-envoy-plugin. */
export interface BodyBytes {
  readonly length: number;
  bytes(): Uint8Array;
  /** Each byte that is not UTF-8 is one U+FFFD. */
  text(): string;
}

/** @returns undefined when there is no body, or an empty one */
export function bodyBytes(http: HttpRequest): BodyBytes | undefined {
  const { body, rawBody } = http;
  if (body !== undefined && body !== '') {
    return { length: Buffer.byteLength(body), bytes: () => Buffer.from(body, 'utf8'), text: () => body };
  }
  if (rawBody === undefined || rawBody.length === 0) return undefined;
  return { length: rawBody.length, bytes: () => rawBody, text: () => decodeUtf8(rawBody) };
}

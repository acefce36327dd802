import type { AsciiText } from './ascii-text.js';
import type { HeaderLine, HttpRequest } from './attributes.js';
import { type Mutable, passTextEntry, readTextEntry, setBytes, setScalar } from './message-fields.js';
import { lengthTag, varintTag } from './wire-format.js';
import { WireHeaders } from './wire-headers.js';
import type { WireReader } from './wire-reader.js';

/** Grows in place: copying it at each of many occurrences would cost their number squared. */
interface HeaderMap {
  headers?: HeaderLine[];
}

const httpTag = {
  id: lengthTag(1),
  method: lengthTag(2),
  headers: lengthTag(3),
  path: lengthTag(4),
  host: lengthTag(5),
  scheme: lengthTag(6),
  query: lengthTag(7),
  fragment: lengthTag(8),
  size: varintTag(9),
  protocol: lengthTag(10),
  body: lengthTag(11),
  rawBody: lengthTag(12),
  headerMap: lengthTag(13),
} as const;
const headerMapTag = { headers: lengthTag(1) } as const;
const headerTag = { key: lengthTag(1), value: lengthTag(2), rawValue: lengthTag(3) } as const;

/**
 * Reads `AttributeContext.HttpRequest`, merging into what the same field held before.
 *
 * @param later with it, the headers are only walked, and read when someone asks for them
 */
export function readHttpRequest(reader: WireReader, http: Mutable<HttpRequest>, later?: AsciiText): HttpRequest {
  const outer = reader.enter();
  if (later === undefined || http.headers !== undefined) {
    while (reader.more()) readField(reader, reader.tag(), http);
  } else readHeadersLater(reader, http, later);
  reader.leave(outer);
  return http;
}

function readHeadersLater(reader: WireReader, http: Mutable<HttpRequest>, later: AsciiText): void {
  const range = reader.range();
  let any = false;
  let plain = true;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== httpTag.headers) readField(reader, tag, http);
    else {
      plain = passTextEntry(reader) && plain;
      any = true;
    }
  }
  if (!any) return;
  const headers = new WireHeaders(reader.bytes, later, range, httpTag.headers);
  http.headers = plain ? headers : headers.value;
}

function readField(reader: WireReader, tag: number, http: Mutable<HttpRequest>): void {
  // Headers first: they are most of the fields.
  if (tag === httpTag.headers) http.headers = readTextEntry(reader, headersSoFar(http));
  else if (tag === httpTag.id) setScalar(http, 'id', reader.string());
  else if (tag === httpTag.method) setScalar(http, 'method', reader.string());
  else if (tag === httpTag.path) setScalar(http, 'path', reader.string());
  else if (tag === httpTag.host) setScalar(http, 'host', reader.string());
  else if (tag === httpTag.scheme) setScalar(http, 'scheme', reader.string());
  else if (tag === httpTag.query) setScalar(http, 'query', reader.string());
  else if (tag === httpTag.fragment) setScalar(http, 'fragment', reader.string());
  else if (tag === httpTag.size) setScalar(http, 'size', reader.int64());
  else if (tag === httpTag.protocol) setScalar(http, 'protocol', reader.string());
  else if (tag === httpTag.body) setScalar(http, 'body', reader.string());
  else if (tag === httpTag.rawBody) setBytes(http, 'rawBody', reader.byteString());
  else if (tag === httpTag.headerMap) http.headerMap = readHeaderMap(reader, (http.headerMap ?? {}) as HeaderMap);
  else reader.skip(tag);
}

function headersSoFar({ headers }: HttpRequest): Record<string, string> | undefined {
  return headers instanceof WireHeaders ? headers.value : headers;
}

function readHeaderMap(reader: WireReader, map: HeaderMap): HeaderMap {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== headerMapTag.headers) reader.skip(tag);
    else if (map.headers) map.headers.push(readHeaderLine(reader));
    else map.headers = [readHeaderLine(reader)];
  }
  reader.leave(outer);
  return map;
}

function readHeaderLine(reader: WireReader): HeaderLine {
  const line: Mutable<HeaderLine> = {};
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === headerTag.key) setScalar(line, 'key', reader.string());
    else if (tag === headerTag.value) setScalar(line, 'value', reader.string());
    else if (tag === headerTag.rawValue) setBytes(line, 'rawValue', reader.byteString());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return line;
}

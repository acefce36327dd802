import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../errors/result.js';
import { AsciiText } from './ascii-text.js';
import type { Attributes } from './attributes.js';
import { readAttributes } from './read-attributes.js';
import { lengthTag } from './wire-format.js';
import { WireError, WireReader } from './wire-reader.js';

const attributesTag = lengthTag(1);

/** How the headers are read: at once, or when someone asks for them, which costs less when nobody does. */
export type HeaderReading = 'at-once' | 'later';

/**
 * Reads an encoded `envoy.service.auth.v3.CheckRequest`. The value is undefined when the message
 * has no `attributes`. The error is a fixed text; what the client sent is never in it.
 *
 * Bodies and typed metadata are views into `bytes`, which must not be changed afterwards; nor must the rest
 * while headers may still be read.
 */
export function readCheckRequest(
  bytes: Uint8Array,
  headers: HeaderReading = 'at-once',
): Result<Attributes | undefined> {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const ascii = AsciiText.of(buffer);
    if (ascii !== undefined) {
      const attributes = readMessage(new WireReader(buffer, ascii), headers === 'later' ? ascii : undefined);
      if (ascii.holds()) return ok(attributes);
    }
    return ok(readMessage(new WireReader(buffer), undefined));
  } catch (thrown) {
    return fail(thrown instanceof WireError ? thrown.message : 'message cannot be read');
  }
}

function readMessage(reader: WireReader, later: AsciiText | undefined): Attributes | undefined {
  let attributes: Attributes | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === attributesTag) attributes = readAttributes(reader, attributes ?? {}, later);
    else reader.skip(tag);
  }
  return attributes;
}

import { fail, ok, type Result } from '../errors/result.js';
import type { Attributes } from './attributes.js';
import { readAttributes } from './read-attributes.js';
import { lengthTag } from './wire-format.js';
import { WireError, WireReader } from './wire-reader.js';

const attributesTag = lengthTag(1);

/**
 * Reads an encoded `envoy.service.auth.v3.CheckRequest`. The value is undefined when the message
 * has no `attributes`. The error is a fixed text; what the client sent is never in it.
 *
 * Bodies and typed metadata are views into `bytes`, which must not be changed afterwards.
 */
export function readCheckRequest(bytes: Uint8Array): Result<Attributes | undefined> {
  try {
    const reader = new WireReader(bytes);
    let attributes: Attributes | undefined;
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === attributesTag) attributes = readAttributes(reader, attributes ?? {});
      else reader.skip(tag);
    }
    return ok(attributes);
  } catch (thrown) {
    return fail(thrown instanceof WireError ? thrown.message : 'message cannot be read');
  }
}

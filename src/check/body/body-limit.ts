import type { Attributes } from '../../envoy/attributes.js';

/** Set by an Envoy route; a client has no way to set it. */
const setting = 'portcullis.max_request_bytes';

/**
 * The `max_request_bytes` that Envoy's route says it has. Envoy calls a body whole that has exactly
 * this length, although more of it may follow.
 *
 * @returns bytes; 0, so that every body counts as cut off, when the route says something that is no
 * number; undefined when it says nothing
 */
export function bodyLimit(attributes: Attributes | undefined): number | undefined {
  const text = attributes?.contextExtensions?.[setting];
  if (text === undefined) return undefined;
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
}

import assert from 'node:assert/strict';
import type protobuf from 'protobufjs';
import { headerMap, headerView } from '../../../src/check/input/headers.js';
import type { Attributes } from '../../../src/envoy/attributes.js';
import { readCheckRequest } from '../../../src/envoy/read-check-request.js';
import { asAttributes } from './as-attributes.js';
import { checkRequest } from './proto-types.js';
import { scan, type Verdict } from './wire-scan.js';

function readByProtobufjs(bytes: Buffer): unknown {
  const message = checkRequest.decode(bytes) as protobuf.Message & { attributes?: protobuf.Message };
  return message.attributes ? asAttributes(message.attributes) : undefined;
}

/** The reader refuses what is malformed, and reads what protobufjs reads rightly as protobufjs does. */
export function expectAgreement(bytes: Buffer): Verdict {
  const result = readCheckRequest(bytes);
  const verdict = scan(bytes, checkRequest);
  expectSameLater(bytes, result);
  assert.equal(result.ok, verdict !== 'malformed');
  if (!result.ok || verdict !== 'plain') return verdict;
  const theirs = readByProtobufjs(bytes);
  // Strict about prototypes, about -0 and about undefined members as well.
  assert.deepStrictEqual(result.value, theirs);
  return verdict;
}

/** Headers that are read when they are asked for are those that are read at once. */
function expectSameLater(bytes: Buffer, atOnce: ReturnType<typeof readCheckRequest>): void {
  const later = readCheckRequest(bytes, 'later');
  assert.equal(later.ok, atOnce.ok);
  if (!later.ok || !atOnce.ok) return;
  const view = headerView(later.value?.request?.http);
  const expected = headerView(atOnce.value?.request?.http);
  for (const name of expected.names()) assert.deepEqual(view.values(name), expected.values(name));
  assert.deepEqual(new Set(view.names()), new Set(expected.names()));
  assert.deepStrictEqual(withHeaders(later.value), atOnce.value);
}

function withHeaders(attributes: Attributes | undefined): Attributes | undefined {
  const http = attributes?.request?.http;
  const headers = http && headerMap(http);
  return headers === undefined
    ? attributes
    : { ...attributes, request: { ...attributes?.request, http: { ...http, headers } } };
}

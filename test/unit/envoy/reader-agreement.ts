import assert from 'node:assert/strict';
import type protobuf from 'protobufjs';
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
  assert.equal(result.ok, verdict !== 'malformed');
  if (!result.ok || verdict !== 'plain') return verdict;
  const theirs = readByProtobufjs(bytes);
  // Strict about prototypes, about -0 and about undefined members as well.
  assert.deepStrictEqual(result.value, theirs);
  return verdict;
}

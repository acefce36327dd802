import type { DescMessage } from '@bufbuild/protobuf';
import { WireError } from '../../envoy/wire-reader.js';
import { ok, type Result } from '../../errors/result.js';
import type { JsonValue } from '../../json/json.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';
import { readMessage } from './protobuf-reader.js';
import { MessageBudget, MessageFault, type MessageRules } from './protobuf-rules.js';
import { writeMessage } from './protojson.js';

/** A message of the given type as protobuf's JSON form. */
export function parseGrpcMessage(
  type: DescMessage,
  bytes: Uint8Array,
  rules: MessageRules,
): Result<JsonValue, RequestRefusal> {
  const budget = new MessageBudget(rules);
  try {
    return ok(writeMessage(readMessage(type, bytes, budget), budget));
  } catch (thrown) {
    if (thrown instanceof MessageFault) return refuse(thrown.reason, thrown.message);
    if (thrown instanceof WireError) return refuse('body_invalid', thrown.message);
    throw thrown;
  }
}

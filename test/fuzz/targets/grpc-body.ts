import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { parseBody } from '../../../src/check/body/body.js';
import { createGrpcBodyReader } from '../../../src/check/grpc-body/grpc-body.js';
import { parseGrpcMessage } from '../../../src/check/grpc-body/grpc-message.js';
import type { MessageRules } from '../../../src/check/grpc-body/protobuf-rules.js';
import { encodeJson } from '../../../src/json/encode.js';
import { descriptors } from '../../unit/check/grpc-fixture.js';
import { modes } from '../support/options.js';

const loaded = descriptors();
const types = ['kinds.v1.Kinds', 'legacy.v1.Legacy', 'modern.v1.Modern'].map((name) => loaded.types.getMessage(name));
const rules: MessageRules = { types: loaded.types, maxDepth: 100, maxValues: 10_000, otherWireType: 'unknown' };
const grpcReaders = modes.map(([, { input }]) => ({
  mode: input.body_parsing === 'strict' ? ('strict' as const) : ('opa-envoy-plugin' as const),
  grpc: createGrpcBodyReader(loaded, input),
}));

/** The first byte says what the rest is: a message of one of the recorded types, or a body with its frame. */
export const grpcBody: FuzzTarget = {
  name: 'grpc-body',
  dictionary: [
    ...['\x03\x00\x00\x00\x00\x00', '\x00\x00\x00\x00\x02\x0a\x00', '\x80\x80\x80\x80\x10', '\xff\xff\xff\xff\x0f'],
    ...['type.googleapis.com/google.protobuf.Duration', '/kinds.v1.Kinds', '\x0b\x0c', '\x12\x02\x08\x01'],
  ],
  run(bytes) {
    const rest = bytes.subarray(1);
    const type = types[(bytes[0] ?? 0) % 4];
    if (type === undefined) return readBody(rest);
    const read = parseGrpcMessage(type, rest, rules);
    if (read.ok) expectJson(encodeJson(read.value));
  },
};

function readBody(rawBody: Buffer): void {
  const headers = { 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' };
  for (const { grpc, mode } of grpcReaders) {
    for (const method of ['Order', 'Chat']) {
      const parsed = parseBody({ http: { headers, rawBody }, segments: ['bookshop.v1.Shop', method], grpc }, mode);
      if (parsed.ok) expectJson(encodeJson(parsed.value.value));
    }
  }
}

function expectJson(text: string): void {
  assert(JSON.parse(text) !== undefined);
}

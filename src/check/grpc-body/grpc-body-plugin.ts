import { ok } from '../../errors/result.js';
import { type GrpcBodyReader, noBody, truncatedBody } from '../body/parsed-body.js';
import { refuse } from '../input/request-refusal.js';
import { type GrpcDescriptors, isClientStreaming, wellKnownTypes } from './grpc-descriptors.js';
import { firstFrame } from './grpc-frame.js';
import { parseGrpcMessage } from './grpc-message.js';
import type { MessageRules } from './protobuf-rules.js';

/** The plugin has no limits but the size of the body and 10,000 levels; 1,000 would overflow the stack of Node. */
const rules: MessageRules = {
  types: wellKnownTypes,
  maxDepth: 400,
  maxValues: Number.POSITIVE_INFINITY,
  otherWireType: 'unknown',
};

/**
 * gRPC bodies as opa-envoy-plugin reads them with a `proto-descriptor`: the first frame and nothing
 * behind it, no compression, no client streaming, extensions unknown.
 */
export function createPluginGrpcReader(descriptors: GrpcDescriptors): GrpcBodyReader {
  return {
    read({ segments }, rawBody) {
      if (segments.length !== 2) return refuse('body_invalid', 'invalid parsed path');
      const frame = firstFrame(rawBody);
      if (frame === undefined) return refuse('body_invalid', 'less than 5 bytes');
      if (frame.flag !== 0) return ok(noBody);
      if (frame.message === undefined) return ok(truncatedBody);
      const method = descriptors.method(segments);
      if (method === undefined || isClientStreaming(method)) return ok(noBody);
      const value = parseGrpcMessage(method.input, frame.message, rules);
      return value.ok ? ok({ value: value.value, truncated: false }) : value;
    },
  };
}

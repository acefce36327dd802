import { ok, type Result } from '../../errors/result.js';
import { parseMediaType } from '../body/media-type.js';
import { type GrpcBodyReader, noBody, truncatedBody } from '../body/parsed-body.js';
import { type HeaderView, headerView } from '../input/headers.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';
import { decompress, isKnownEncoding } from './grpc-compression.js';
import { type GrpcDescriptors, isClientStreaming } from './grpc-descriptors.js';
import { firstFrame, type GrpcFrame } from './grpc-frame.js';
import { parseGrpcMessage } from './grpc-message.js';

/** 100 levels are what protobuf takes in C++ and Java; some compressed bytes can hold millions of values. */
const limits = { maxDepth: 100, maxValues: 100_000, otherWireType: 'refuse' } as const;

/**
 * gRPC bodies so that policy and backend see the same message: compressed ones too, extensions too;
 * what a backend may take for another message is refused. Of a client's stream, the first message.
 *
 * @param maxDecompressedSize bytes
 */
export function createStrictGrpcReader(descriptors: GrpcDescriptors, maxDecompressedSize: number): GrpcBodyReader {
  const rules = { ...limits, types: descriptors.types };
  return {
    read({ http, segments }, rawBody) {
      const method = descriptors.method(segments);
      if (method === undefined) return ok(noBody);
      const headers = headerView(http);
      const format = messageFormat(headers);
      if (!format.ok) return format;
      if (format.value === 'unread') return ok(noBody);
      const frame = checkedFrame(rawBody, isClientStreaming(method));
      if (!frame.ok) return frame;
      if (frame.value.message === undefined) return ok(truncatedBody);
      const message = plainMessage(frame.value.flag, frame.value.message, headers, maxDecompressedSize);
      if (!message.ok) return message;
      const truncated = !frame.value.last;
      if (message.value === undefined) return ok({ value: null, truncated });
      const value = parseGrpcMessage(method.input, message.value, rules);
      return value.ok ? ok({ value: value.value, truncated }) : value;
    },
  };
}

/** Servers in Go and Node take a format that they do not know for protobuf: it must not hide a message. */
function messageFormat(headers: HeaderView): Result<'protobuf' | 'unread', RequestRefusal> {
  const parsed = parseMediaType(headers.get('content-type') ?? '');
  const type = parsed.ok ? parsed.value.type : '';
  if (/^application\/grpc(?:-web)?(?:\+proto)?$/.test(type)) return ok('protobuf');
  if (/^application\/grpc-web-text(?:\+proto)?$/.test(type)) return ok('unread');
  return refuse('content_type_invalid', 'the gRPC messages are not declared as protobuf');
}

function checkedFrame(body: Uint8Array, isStream: boolean): Result<GrpcFrame, RequestRefusal> {
  const frame = firstFrame(body);
  if (frame === undefined) return refuse('body_invalid', 'the gRPC body ends inside the prefix of its first message');
  if (frame.flag > 1) return refuse('body_invalid', 'the gRPC message has a flag that gRPC does not know');
  if (!frame.last && !isStream)
    return refuse('body_invalid', 'the gRPC body has more than the one message of its method');
  return ok(frame);
}

/** The message without its compression; undefined when that is one that we do not know. */
function plainMessage(
  flag: number,
  message: Uint8Array,
  headers: HeaderView,
  maxSize: number,
): Result<Uint8Array | undefined, RequestRefusal> {
  if (flag === 0) return ok(message);
  const encoding = headers.get('grpc-encoding') ?? 'identity';
  if (encoding === 'identity') return refuse('body_invalid', 'the gRPC message is compressed, and no header says how');
  if (encoding.includes(',')) return refuse('body_invalid', 'there is more than one grpc-encoding');
  return isKnownEncoding(encoding) ? decompress(message, encoding, maxSize) : ok(undefined);
}

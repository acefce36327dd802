import { Buffer } from 'node:buffer';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseBody } from '../../../src/check/body/body.js';
import { createGrpcBodyReader } from '../../../src/check/grpc-body/grpc-body.js';
import { configSchema } from '../../../src/config/schema.js';
import { encodeJson } from '../../../src/json/encode.js';
import { descriptors, frame, lengthField } from './grpc-fixture.js';

type Mode = 'strict' | 'opa-envoy-plugin';

interface Call {
  /** Without `bookshop.v1.Shop/` when it is short. */
  readonly path?: string;
  readonly segments?: readonly string[];
  readonly body: Uint8Array;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers as `encode_raw_headers` sends them. */
  readonly raw?: boolean;
}

const order = Buffer.concat([lengthField(1, Buffer.from('Faust')), Buffer.of(0x10, 5)]);
const orderJson = '{"title":"Faust","isbn":"5"}';
const another = lengthField(1, Buffer.from('Emma'));
const nothing = Buffer.alloc(0);

/** JSON text of the body and whether it is truncated, or the refusal. */
function read(mode: Mode, call: Call): string {
  const { path = 'Order', body, type = 'application/grpc', headers, raw } = call;
  const { input } = configSchema.parse({ input: { body_parsing: mode, grpc: { max_decompressed_size: '64KiB' } } });
  const all = { 'content-type': type, ...headers };
  const lines = Object.entries(all).map(([key, value]) => ({ key, rawValue: Buffer.from(value) }));
  const http = { ...(raw ? { headerMap: { headers: lines } } : { headers: all }), rawBody: body };
  const segments = call.segments ?? (path.includes('/') ? path.split('/') : ['bookshop.v1.Shop', path]);
  const parsed = parseBody({ http, segments, grpc: createGrpcBodyReader(descriptors(), input) }, mode);
  if (!parsed.ok) return `${parsed.error.reason}: ${parsed.error.message}`;
  return `${encodeJson(parsed.value.value)}${parsed.value.truncated ? ' truncated' : ''}`;
}

const plugin = (call: Call) => read('opa-envoy-plugin', call);
const strict = (call: Call) => read('strict', call);

describe.each<Mode>(['strict', 'opa-envoy-plugin'])('%s', (mode) => {
  test.each<[string, Call, string]>([
    ['unary', { body: frame(order) }, orderJson],
    ['server streaming', { path: 'Watch', body: frame(order) }, orderJson],
    ['an empty message', { body: frame(nothing) }, '{}'],
    ['unknown fields', { body: frame(Buffer.concat([order, lengthField(99, order)])) }, orderJson],
    ['no body', { body: nothing }, 'null'],
    ['grpc-web', { type: 'application/grpc-web+proto', body: frame(order) }, orderJson],
    ['a type with a parameter', { type: 'application/grpc+proto; charset=utf-8', body: frame(order) }, orderJson],
    ['a frame longer than the body', { body: frame(order).subarray(0, -1) }, 'null truncated'],
    ['the prefix alone', { body: frame(order).subarray(0, 5) }, 'null truncated'],
    ['a partial body', { headers: { 'x-envoy-auth-partial-body': 'true' }, body: frame(order) }, 'null truncated'],
    ['an unknown service', { path: 'bookshop.v1.Other/Order', body: frame(order) }, 'null'],
    ['a message in the place of the service', { path: 'bookshop.v1.OrderRequest/title', body: frame(order) }, 'null'],
    ['an unknown method', { path: 'Orders', body: frame(order) }, 'null'],
    ['a method that every object has', { path: 'constructor', body: frame(order) }, 'null'],
    ['a service that every object has', { path: '__proto__/toString', body: frame(order) }, 'null'],
    ['bytes that are no message', { body: frame(Buffer.from('plain')) }, 'body_invalid: message is truncated'],
    ['text that is not UTF-8', { body: frame(lengthField(1, Buffer.of(0xff))) }, 'body_invalid: string is not UTF-8'],
  ])('%s', (_, call, expected) => {
    expect(read(mode, call)).toBe(expected);
  });
});

describe('opa-envoy-plugin', () => {
  test.each<[string, Call, string]>([
    ['a path of one segment', { segments: ['Order'], body: frame(order) }, 'body_invalid: invalid parsed path'],
    [
      'a path of three segments',
      { path: 'bookshop.v1.Shop/Order/', body: frame(order) },
      'body_invalid: invalid parsed path',
    ],
    ['four bytes', { body: Buffer.alloc(4) }, 'body_invalid: less than 5 bytes'],
    ['four bytes for an unknown method', { path: 'Orders', body: Buffer.alloc(4) }, 'body_invalid: less than 5 bytes'],
    ['a compressed frame', { headers: { 'grpc-encoding': 'gzip' }, body: frame(gzipSync(order), 1) }, 'null'],
    ['flag 2', { body: frame(order, 2) }, 'null'],
    ['two frames', { body: Buffer.concat([frame(order), frame(another)]) }, orderJson],
    ['client streaming', { path: 'Upload', body: frame(order) }, 'null'],
    ['both ways streaming', { path: 'Chat', body: frame(order) }, 'null'],
    ['application/grpc+json', { type: 'application/grpc+json', body: frame(order) }, orderJson],
    ['grpc-web-text', { type: 'application/grpc-web-text', body: frame(order) }, orderJson],
    ['another wire type', { body: frame(Buffer.of(0x08, 1, 0x10, 5)) }, '{"isbn":"5"}'],
    ['header_map', { raw: true, body: frame(order) }, 'null'],
  ])('%s', (_, call, expected) => {
    expect(plugin(call)).toBe(expected);
  });
});

describe('strict: frames', () => {
  test.each<[string, Call, string]>([
    ['header_map', { raw: true, body: frame(order) }, orderJson],
    ['a path of three segments', { path: 'a/bookshop.v1.Shop/Order', body: frame(order) }, 'null'],
    [
      'four bytes',
      { body: Buffer.alloc(4) },
      'body_invalid: the gRPC body ends inside the prefix of its first message',
    ],
    ['flag 2', { body: frame(order, 2) }, 'body_invalid: the gRPC message has a flag that gRPC does not know'],
    [
      'a trailer frame of grpc-web',
      { type: 'application/grpc-web', body: frame(order, 0x80) },
      'body_invalid: the gRPC message has a flag that gRPC does not know',
    ],
    [
      'two messages of a unary call',
      { body: Buffer.concat([frame(order), frame(another)]) },
      'body_invalid: the gRPC body has more than the one message of its method',
    ],
    [
      'bytes behind the message of a unary call',
      { path: 'Watch', body: Buffer.concat([frame(order), Buffer.of(0)]) },
      'body_invalid: the gRPC body has more than the one message of its method',
    ],
    ['a stream of one message', { path: 'Upload', body: frame(order) }, orderJson],
    [
      'a stream of two',
      { path: 'Upload', body: Buffer.concat([frame(order), frame(another)]) },
      `${orderJson} truncated`,
    ],
    [
      'a stream and the begin of another',
      { path: 'Chat', body: Buffer.concat([frame(order), Buffer.of(0)]) },
      `${orderJson} truncated`,
    ],
    [
      'application/grpc+json',
      { type: 'application/grpc+json', body: frame(order) },
      'content_type_invalid: the gRPC messages are not declared as protobuf',
    ],
    [
      'application/grpc+json of an unknown method',
      { path: 'Orders', type: 'application/grpc+json', body: frame(order) },
      'null',
    ],
    [
      'grpc-web-text',
      { type: 'application/grpc-web-text', body: Buffer.from(frame(order).toString('base64')) },
      'null',
    ],
    [
      'another wire type',
      { body: frame(Buffer.of(0x08, 1)) },
      'body_invalid: field bookshop.v1.OrderRequest.title has another wire type',
    ],
  ])('%s', (_, call, expected) => {
    expect(strict(call)).toBe(expected);
  });
});

describe('strict: compression', () => {
  const packed = (encoding: string | undefined, message: Uint8Array, more: Partial<Call> = {}): string =>
    strict({
      ...(encoding !== undefined && { headers: { 'grpc-encoding': encoding } }),
      body: frame(message, 1),
      ...more,
    });

  test.each<[string, string | undefined, Uint8Array, string]>([
    ['gzip', 'gzip', gzipSync(order), orderJson],
    ['deflate', 'deflate', deflateSync(order), orderJson],
    ['an empty message', 'gzip', gzipSync(nothing), '{}'],
    ['an encoding that we do not know', 'zstd', order, 'null'],
    ['an encoding in capitals is another', 'GZIP', gzipSync(order), 'null'],
    ['no header', undefined, gzipSync(order), 'body_invalid: the gRPC message is compressed, and no header says how'],
    ['identity', 'identity', gzipSync(order), 'body_invalid: the gRPC message is compressed, and no header says how'],
    ['two encodings', 'gzip, gzip', gzipSync(order), 'body_invalid: there is more than one grpc-encoding'],
    ['not compressed at all', 'gzip', order, 'body_invalid: the compressed message is malformed'],
    ['nothing', 'gzip', nothing, 'body_invalid: the compressed message is malformed'],
    ['raw deflate', 'deflate', deflateRawSync(order), 'body_invalid: the compressed message is malformed'],
    ['cut off', 'gzip', gzipSync(order).subarray(0, -3), 'body_invalid: the compressed message is malformed'],
    [
      'bytes behind gzip',
      'gzip',
      Buffer.concat([gzipSync(order), Buffer.from('x')]),
      'body_invalid: the compressed message is malformed',
    ],
    [
      'zeros behind gzip',
      'gzip',
      Buffer.concat([gzipSync(order), Buffer.alloc(9)]),
      'body_invalid: there is more behind the compressed message',
    ],
    [
      'gzip in two parts',
      'gzip',
      Buffer.concat([gzipSync(order.subarray(0, 3)), gzipSync(order.subarray(3))]),
      orderJson,
    ],
    [
      'bytes behind deflate',
      'deflate',
      Buffer.concat([deflateSync(order), Buffer.from('x')]),
      'body_invalid: there is more behind the compressed message',
    ],
    ['a stranger inside', 'gzip', gzipSync('plain'), 'body_invalid: message is truncated'],
  ])('%s', (_, encoding, message, expected) => {
    expect(packed(encoding, message)).toBe(expected);
  });

  test('the flag decides, and not the header', () => {
    expect(strict({ headers: { 'grpc-encoding': 'gzip' }, body: frame(order) })).toBe(orderJson);
  });

  test('the encoding is found in header_map', () => {
    expect(packed('gzip', gzipSync(order), { raw: true })).toBe(orderJson);
  });

  test('of a stream, the first message', () => {
    const body = Buffer.concat([frame(gzipSync(order), 1), frame(another)]);
    expect(packed('gzip', order, { path: 'Upload', body })).toBe(`${orderJson} truncated`);
    expect(packed('zstd', order, { path: 'Upload', body })).toBe('null truncated');
  });

  test.each(['gzip', 'deflate'])('%s: a message over the limit is refused before it is made', (encoding) => {
    const pack = encoding === 'gzip' ? gzipSync : deflateSync;
    const message = (size: number) => pack(lengthField(99, Buffer.alloc(size)));
    // The tag takes two bytes and the length three.
    expect(packed(encoding, message(64 * 1024 - 5))).toBe('{}');
    expect(packed(encoding, message(64 * 1024 - 4))).toBe(
      'body_too_complex: the message is too large when decompressed',
    );
    expect(packed(encoding, message(8 * 1024 ** 2))).toBe(
      'body_too_complex: the message is too large when decompressed',
    );
  });
});

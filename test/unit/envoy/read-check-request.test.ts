import { describe, expect, test } from 'vitest';
import type { Attributes, HttpRequest } from '../../../src/envoy/attributes.js';
import { readCheckRequest } from '../../../src/envoy/read-check-request.js';
import { JsonNumber } from '../../../src/json/json.js';
import { checkRequest, encode, message, requestWithHttp, text } from './proto-types.js';

function read(bytes: Uint8Array): Attributes | undefined {
  const result = readCheckRequest(bytes);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function readAttributes(attributes: object): Attributes | undefined {
  return read(encode(checkRequest, { attributes }));
}

function readHttp(...fields: readonly Uint8Array[]): HttpRequest | undefined {
  return read(requestWithHttp(Buffer.concat(fields)))?.request?.http;
}

const wholeRequest = {
  source: {
    address: { socket_address: { protocol: 'UDP', address: '203.0.113.9', port_value: 40100, resolver_name: 'r' } },
    service: 'cart',
    labels: { app: 'shop' },
    principal: 'spiffe://example.org/cart',
    certificate: '-----BEGIN%20CERTIFICATE-----',
  },
  destination: { address: { pipe: { path: '/run/envoy.sock', mode: 432 } } },
  request: {
    time: { seconds: 1_790_000_000, nanos: 5 },
    http: {
      id: '7',
      method: 'POST',
      headers: { ':authority': 'shop.example', 'x-a': '1,2' },
      header_map: { headers: [{ key: 'x-a', raw_value: Buffer.from([0xff]) }, { key: 'x-b', value: 'b' }, {}] },
      path: '/cars/1?x=%2F',
      host: 'shop.example',
      scheme: 'https',
      query: 'q',
      fragment: 'f',
      size: 3,
      protocol: 'HTTP/2',
      body: 'é€😀\ufffd',
      raw_body: Buffer.from([0, 1, 255]),
    },
  },
  context_extensions: { 'portcullis.path': 'authz/allow' },
  metadata_context: {
    filter_metadata: { jwt: { fields: { exp: { number_value: 1.5 } } } },
    typed_filter_metadata: { tlv: { type_url: 't/x', value: Buffer.from([9]) }, empty: {} },
  },
  route_metadata_context: {},
  tls_session: { sni: 'shop.example' },
};

describe('reads', () => {
  test('every field', () => {
    expect(read(encode(checkRequest, { attributes: wholeRequest }))).toEqual({
      source: {
        address: { socketAddress: { protocol: 1, address: '203.0.113.9', portValue: 40100, resolverName: 'r' } },
        service: 'cart',
        labels: { app: 'shop' },
        principal: 'spiffe://example.org/cart',
        certificate: '-----BEGIN%20CERTIFICATE-----',
      },
      destination: { address: { pipe: { path: '/run/envoy.sock', mode: 432 } } },
      request: {
        time: { seconds: 1_790_000_000, nanos: 5 },
        http: {
          id: '7',
          method: 'POST',
          headers: { ':authority': 'shop.example', 'x-a': '1,2' },
          headerMap: { headers: [{ key: 'x-a', rawValue: new Uint8Array([0xff]) }, { key: 'x-b', value: 'b' }, {}] },
          path: '/cars/1?x=%2F',
          host: 'shop.example',
          scheme: 'https',
          query: 'q',
          fragment: 'f',
          size: 3,
          protocol: 'HTTP/2',
          body: 'é€😀\ufffd',
          rawBody: new Uint8Array([0, 1, 255]),
        },
      },
      contextExtensions: { 'portcullis.path': 'authz/allow' },
      metadataContext: {
        filterMetadata: { jwt: { exp: 1.5 } },
        typedFilterMetadata: { tlv: { typeUrl: 't/x', value: new Uint8Array([9]) }, empty: {} },
      },
      routeMetadataContext: {},
      tlsSession: { sni: 'shop.example' },
    });
  });

  test('an address inside Envoy, and the rarer fields of a socket address', () => {
    const attributes = {
      source: { address: { envoy_internal_address: { server_listener_name: 'inner', endpoint_id: 'e' } } },
      destination: {
        address: { socket_address: { named_port: 'http', ipv4_compat: true, network_namespace_filepath: '/ns' } },
      },
    };
    expect(readAttributes(attributes)).toEqual({
      source: { address: { envoyInternalAddress: { serverListenerName: 'inner', endpointId: 'e' } } },
      destination: {
        address: { socketAddress: { namedPort: 'http', ipv4Compat: true, networkNamespaceFilepath: '/ns' } },
      },
    });
  });

  test('no attributes as undefined, empty attributes as an empty object', () => {
    expect(readCheckRequest(new Uint8Array())).toEqual({ ok: true, value: undefined });
    expect(read(Buffer.from([0x0a, 0x00]))).toStrictEqual({});
  });

  test('bytes that are no Buffer, and that are a part of a larger one', () => {
    const bytes = encode(checkRequest, { attributes: { source: { service: 'cart' } } });
    const larger = new Uint8Array(bytes.length + 10).fill(0xff);
    larger.set(bytes, 5);
    expect(read(larger.subarray(5, 5 + bytes.length))).toEqual({ source: { service: 'cart' } });
  });
});

describe('presence', () => {
  test('leaves out zero scalars, keeps empty messages, leaves out empty maps and lists', () => {
    const zero = requestWithHttp(Buffer.from([0x0a, 0, 0x22, 0, 0x48, 0, 0x5a, 0, 0x62, 0, 0x6a, 0]));
    expect(read(zero)).toStrictEqual({ request: { http: { headerMap: {} } } });
    expect(readAttributes({ request: { time: {} } })).toStrictEqual({ request: { time: {} } });
  });

  test('keeps scalars of a oneof that have the zero value', () => {
    const address = (content: Uint8Array) => read(message(1, message(1, message(1, content))))?.source?.address;
    expect(address(message(1, Buffer.from([0x18, 0])))).toStrictEqual({ socketAddress: { portValue: 0 } });
    expect(address(message(1, Buffer.from([0x22, 0])))).toStrictEqual({ socketAddress: { namedPort: '' } });
    expect(address(message(3, Buffer.from([0x0a, 0])))).toStrictEqual({
      envoyInternalAddress: { serverListenerName: '' },
    });
  });

  test('keeps map entries with an empty name or value', () => {
    const headers = readHttp(message(3, Buffer.alloc(0)), message(3, text(1, 'a')), message(3, text(2, 'v')))?.headers;
    expect(headers).toEqual({ '': 'v', a: '' });
  });
});

describe('numbers', () => {
  test.each([
    ['5', 5],
    ['-1', -1],
    ['9007199254740991', 9_007_199_254_740_991],
    ['-9007199254740991', -9_007_199_254_740_991],
    ['9007199254740992', new JsonNumber('9007199254740992')],
    ['9223372036854775807', new JsonNumber('9223372036854775807')],
    ['-9223372036854775808', new JsonNumber('-9223372036854775808')],
  ])('int64 %s', (digits, expected) => {
    const bytes = [0x48];
    for (let rest = BigInt.asUintN(64, BigInt(digits)); ; rest >>= 7n) {
      if (rest < 0x80n) {
        bytes.push(Number(rest));
        break;
      }
      bytes.push(Number(rest & 0x7fn) + 0x80);
    }
    expect(readHttp(Buffer.from(bytes))).toEqual({ size: expected });
  });

  test('int32 and enums take the low 32 bits, signed', () => {
    const minusOne = Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    expect(read(message(1, message(4, message(1, minusOne))))).toEqual({ request: { time: { nanos: -1 } } });
    const beyond = Buffer.from([0x18, 0x81, 0x80, 0x80, 0x80, 0x10]);
    const socket = read(message(1, message(1, message(1, message(1, beyond)))))?.source?.address?.socketAddress;
    expect(socket).toEqual({ portValue: 1 });
  });
});

describe('metadata', () => {
  function readStruct(...entries: readonly Uint8Array[]): unknown {
    const struct = Buffer.concat(entries.map((entry) => message(1, entry)));
    const namespace = message(1, Buffer.concat([text(1, 'n'), message(2, struct)]));
    return read(message(1, message(11, namespace)))?.metadataContext?.filterMetadata?.['n'];
  }

  test('values become plain JSON', () => {
    const values = {
      nothing: { null_value: 0 },
      yes: { bool_value: true },
      no: { bool_value: false },
      zero: { number_value: 0 },
      minusZero: { number_value: -0 },
      nan: { number_value: Number.NaN },
      infinite: { number_value: Number.NEGATIVE_INFINITY },
      empty: { string_value: '' },
      unset: {},
      list: { list_value: { values: [{ string_value: 'a' }, {}, { list_value: {} }] } },
      struct: { struct_value: { fields: { b: { struct_value: {} } } } },
    };
    const struct = readAttributes({ metadata_context: { filter_metadata: { n: { fields: values } } } });
    expect(struct?.metadataContext?.filterMetadata?.['n']).toEqual({
      nothing: null,
      yes: true,
      no: false,
      zero: 0,
      minusZero: -0,
      nan: Number.NaN,
      infinite: Number.NEGATIVE_INFINITY,
      empty: '',
      unset: null,
      list: ['a', null, []],
      struct: { b: {} },
    });
  });

  test('a member without a value is null, a namespace without one is empty', () => {
    expect(readStruct(text(1, 'a'))).toEqual({ a: null });
    expect(read(message(1, message(11, message(1, text(1, 'n')))))).toEqual({
      metadataContext: { filterMetadata: { n: {} } },
    });
  });

  test('the last kind of a value counts, and one kind merges with itself', () => {
    const bool = Buffer.from([0x20, 1]);
    const struct = (name: string) => message(5, message(1, text(1, name)));
    const list = message(6, message(1, bool));
    const member = (...kinds: readonly Uint8Array[]) => Buffer.concat([text(1, 'a'), message(2, Buffer.concat(kinds))]);
    expect(readStruct(member(bool, text(3, 's')))).toEqual({ a: 's' });
    expect(readStruct(member(struct('x'), struct('y')))).toEqual({ a: { x: null, y: null } });
    expect(readStruct(member(list, list))).toEqual({ a: [true, true] });
    expect(readStruct(member(struct('x'), list))).toEqual({ a: [true] });
    expect(readStruct(member(struct('x'), bool, struct('y')))).toEqual({ a: { y: null } });
  });

  test('nesting is read to a depth that a token can have, and refused beyond', () => {
    const nested = (depth: number) => {
      let value: Buffer = Buffer.from([0x20, 1]);
      for (let level = 0; level < depth; level += 1) value = message(6, message(1, value));
      return Buffer.concat([text(1, 'a'), message(2, value)]);
    };
    expect(JSON.stringify(readStruct(nested(400)))).toMatch(/^\{"a":\[{400}true\]{400}\}$/);
    expect(() => readStruct(nested(10_000))).toThrow('metadata is nested too deep');
  });
});

describe('names that a client chooses', () => {
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];

  test.each(names)('%s is an ordinary header, label, extension, namespace and member', (name) => {
    const entry = Buffer.concat([text(1, name), text(2, 'v')]);
    const struct = message(1, Buffer.concat([text(1, name), message(2, text(3, 'v'))]));
    const attributes = read(
      message(
        1,
        Buffer.concat([
          message(1, message(3, entry)),
          message(4, message(2, message(3, entry))),
          message(10, entry),
          message(11, message(1, Buffer.concat([text(1, name), message(2, struct)]))),
          message(11, message(2, Buffer.concat([text(1, name), message(2, text(1, 't'))]))),
        ]),
      ),
    );
    const maps = [
      attributes?.source?.labels,
      attributes?.request?.http?.headers,
      attributes?.contextExtensions,
      attributes?.metadataContext?.filterMetadata,
      attributes?.metadataContext?.filterMetadata?.[name],
      attributes?.metadataContext?.typedFilterMetadata,
    ];
    for (const map of maps) {
      expect(Object.getPrototypeOf(map)).toBe(null);
      expect(Object.keys(map ?? {})).toEqual([name]);
    }
    expect(({} as Record<string, unknown>)['v']).toBe(undefined);
  });
});

describe('the wire format', () => {
  test('the last scalar counts, also when it is zero; the last entry of a name counts', () => {
    expect(readHttp(text(4, '/a'), text(4, '/b'))).toEqual({ path: '/b' });
    expect(readHttp(text(4, '/a'), text(4, ''))).toStrictEqual({});
    expect(readHttp(message(12, Buffer.from([1])), message(12, Buffer.alloc(0)))).toStrictEqual({});
    const entry = (value: string) => message(3, Buffer.concat([text(1, 'a'), text(2, value)]));
    expect(readHttp(entry('1'), entry('2'))?.headers).toEqual({ a: '2' });
  });

  test('a message that comes in parts is merged', () => {
    const parts = [
      text(4, '/a'),
      text(2, 'GET'),
      message(13, message(1, text(1, 'x'))),
      message(13, message(1, text(1, 'y'))),
    ];
    expect(read(Buffer.concat(parts.map((part) => requestWithHttp(part))))).toEqual({
      request: { http: { path: '/a', method: 'GET', headerMap: { headers: [{ key: 'x' }, { key: 'y' }] } } },
    });
  });

  test('the last member of a oneof counts', () => {
    const pipe = message(2, text(1, '/p'));
    const socket = (content: Uint8Array) => message(1, content);
    const port = Buffer.from([0x18, 80]);
    const address = (...parts: readonly Uint8Array[]) =>
      read(message(1, message(1, message(1, Buffer.concat(parts)))))?.source?.address;
    expect(address(socket(port), pipe)).toStrictEqual({ pipe: { path: '/p' } });
    expect(address(pipe, socket(port))).toStrictEqual({ socketAddress: { portValue: 80 } });
    expect(address(socket(port), socket(text(4, 'http')))).toStrictEqual({ socketAddress: { namedPort: 'http' } });
    expect(address(socket(text(4, 'http')), socket(port))).toStrictEqual({ socketAddress: { portValue: 80 } });
    expect(address(socket(text(2, 'a')), socket(port))).toStrictEqual({
      socketAddress: { address: 'a', portValue: 80 },
    });
  });

  test('what is unknown is passed over, groups included', () => {
    const group = Buffer.from([0x8b, 0x06, 0x08, 1, 0x9b, 0x06, 0x0a, 1, 0, 0x9c, 0x06, 0x8c, 0x06]);
    const unknown = [
      Buffer.from([0xf8, 0x01, 0x05]),
      Buffer.from([0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8]),
      message(15, group),
    ];
    unknown.push(Buffer.from([0x7d, 1, 2, 3, 4]), group);
    expect(readHttp(...unknown, text(4, '/a'), ...unknown)).toEqual({ path: '/a' });
  });

  test('a known field of another wire type is unknown', () => {
    expect(readHttp(Buffer.from([0x20, 5]), Buffer.from([0x25, 1, 2, 3, 4]), text(9, 'x'), text(2, 'GET'))).toEqual({
      method: 'GET',
    });
  });

  test('a tag may be written with more bytes than it needs', () => {
    expect(readHttp(Buffer.from([0xa2, 0x80, 0x00, 0x02, 0x2f, 0x61]))).toEqual({ path: '/a' });
  });

  test('a deep nest of groups costs no stack', () => {
    const depth = 200_000;
    expect(readHttp(Buffer.alloc(depth, 0x7b), Buffer.alloc(depth, 0x7c), text(4, '/a'))).toEqual({ path: '/a' });
  });

  test('many parts of one header map cost no more than they are long', () => {
    const lines = message(13, Buffer.concat(Array.from({ length: 100_000 }, () => message(1, Buffer.alloc(0)))));
    const parts = Array.from({ length: 100_000 }, () => message(13, Buffer.alloc(0)));
    expect(readHttp(lines, ...parts)?.headerMap?.headers).toHaveLength(100_000);
  });
});

describe('refuses', () => {
  test.each([
    ['a truncated tag', [0x8a]],
    ['a truncated length', [0x0a]],
    ['a length beyond the end', [0x0a, 5, 0]],
    ['a length beyond the enclosing message', [0x0a, 2, 0x22, 5, 0, 0, 0, 0, 0]],
    ['a length of 2^64-1', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['an over-long varint', [0x78, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['a varint beyond 64 bits', [0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]],
    ['field number 0', [0x02, 0]],
    ['field number 2^29', [0x82, 0x80, 0x80, 0x80, 0x10, 0]],
    ['wire type 6', [0x7e, 0]],
    ['wire type 7', [0x7f, 0]],
    ['an end of a group that did not start', [0x7c]],
    ['a group that does not end', [0x7b, 0x08, 1]],
    ['a group that ends as another', [0x7b, 0x84, 0x01]],
    ['a truncated fixed32', [0x7d, 1, 2, 3]],
    ['a truncated fixed64', [0x79, 1, 2, 3, 4, 5, 6, 7]],
  ])('%s', (_title, bytes) => {
    expect(readCheckRequest(Buffer.from(bytes))).toEqual({ ok: false, error: expect.any(String) });
  });

  test.each([
    ['a lone byte', [0xff]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a cut character', [0xe2, 0x82]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['one beside a real U+FFFD', [0xef, 0xbf, 0xbd, 0xff]],
  ])('a string that is not UTF-8: %s', (_title, bytes) => {
    const broken = Buffer.from(bytes);
    const entry = (field: number) => message(3, message(field, broken));
    for (const http of [message(4, broken), message(11, broken), entry(1), entry(2)]) {
      expect(readCheckRequest(requestWithHttp(http))).toEqual({ ok: false, error: 'string is not UTF-8' });
    }
    expect(readHttp(message(12, broken))).toEqual({ rawBody: new Uint8Array(bytes) });
  });

  test('every cut of a whole request within its one field', () => {
    const bytes = encode(checkRequest, { attributes: wholeRequest });
    for (let length = 1; length < bytes.length; length += 1) {
      expect(readCheckRequest(bytes.subarray(0, length)).ok).toBe(false);
    }
  });
});

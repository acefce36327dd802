import { Buffer } from 'node:buffer';
import type { Json } from '../../../../scripts/docs/compatibility/deviation.js';
import { encodeRequest } from '../../../unit/check/peer-codec.js';
import type { Item } from './item.js';

const shown = (item: number, name: string, attributes: Json, shows: string, text: string): Item => ({
  item,
  name,
  ask: { attributes, shows },
  answer: `${shows} ${text}`,
});

const address = (item: number, name: string, of: Json, text: string): Item =>
  shown(item, name, { source: { address: of } }, 'attributes.source.address', text);

const struct = (item: number, value: unknown, text: string): Item =>
  shown(
    item,
    `Struct number ${Object.is(value, -0) ? '-0' : String(value)}`,
    { metadataContext: { filterMetadata: { f: { v: value } } } },
    'attributes.metadataContext.filterMetadata.f.v',
    text,
  );

const http = (item: number, name: string, members: Json, shows: string, text: string): Item =>
  shown(item, name, { request: { http: members } }, shows, text);

/** A message of the wire: field number and content. */
const field = (number: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2, content.length), content]);

const inHttp = (content: Uint8Array) => field(1, field(4, field(2, content)));
const plain = encodeRequest({ attributes: { request: { http: { method: 'GET', path: '/' } } } });
const jwt = { metadataContext: { filterMetadata: { jwt: { exp: 1569026124 } } } };
const internal = 'gRPC INTERNAL';

/** Items 33–52: attributes. */
export const attributes: readonly Item[] = [
  address(36, 'port 0', { socketAddress: { portValue: 0 } }, '{"socketAddress":{"portValue":0}}'),
  address(
    37,
    'protocol TCP',
    { socketAddress: { protocol: 'TCP', address: 'a' } },
    '{"socketAddress":{"address":"a"}}',
  ),
  address(38, 'pipe with mode', { pipe: { path: '/p', mode: 420 } }, '{"pipe":{"mode":420,"path":"/p"}}'),
  address(38, 'empty pipe', { pipe: {} }, '{"pipe":{}}'),
  address(
    38,
    'internal listener',
    { envoyInternalAddress: { serverListenerName: 'l', endpointId: 'e' } },
    '{"envoyInternalAddress":{"endpointId":"e","serverListenerName":"l"}}',
  ),
  address(
    38,
    'internal listener without a name',
    { envoyInternalAddress: { serverListenerName: '' } },
    '{"envoyInternalAddress":{"serverListenerName":""}}',
  ),
  address(38, 'empty named port', { socketAddress: { namedPort: '' } }, '{"socketAddress":{"namedPort":""}}'),
  address(
    38,
    'every member',
    {
      socketAddress: {
        protocol: 'UDP',
        address: 'a',
        namedPort: 'http',
        resolverName: 'r',
        ipv4Compat: true,
        networkNamespaceFilepath: '/n',
      },
    },
    '{"socketAddress":{"address":"a","ipv4Compat":true,"namedPort":"http","networkNamespaceFilepath":"/n","protocol":1,"resolverName":"r"}}',
  ),
  http(39, 'size -1', { size: '-1' }, 'attributes.request.http', '{"size":-1}'),
  http(39, 'size -2^63', { size: '-9223372036854775808' }, 'attributes.request.http.size', '-9223372036854775808'),
  shown(
    40,
    'time before 1970',
    { request: { time: '1969-12-31T23:59:58.5Z' } },
    'attributes.request.time',
    '{"nanos":500000000,"seconds":-2}',
  ),
  shown(
    40,
    'nanos alone',
    { request: { time: '1970-01-01T00:00:00.000000001Z' } },
    'attributes.request.time',
    '{"nanos":1}',
  ),
  ...['', 'YQ==', 'YWI=', 'YWJj', '+/8='].map((raw) =>
    http(41, `rawBody ${raw}`, { rawBody: raw }, 'attributes.request.http', raw === '' ? '{}' : `{"rawBody":"${raw}"}`),
  ),
  http(
    41,
    'rawValue',
    { headerMap: { headers: [{ key: 'k', rawValue: '//4=' }] } },
    'attributes.request.http.headerMap.headers',
    '[{"key":"k","rawValue":"//4="}]',
  ),
  shown(
    42,
    'typed metadata',
    { metadataContext: { typedFilterMetadata: { t: { typeUrl: 'type.googleapis.com/x.Y', value: 'CAE=' }, e: {} } } },
    'attributes.metadataContext',
    '{"typedFilterMetadata":{"e":{},"t":{"typeUrl":"type.googleapis.com/x.Y","value":"CAE="}}}',
  ),
  struct(43, -0, '-0'),
  struct(43, 1e21, '1e+21'),
  struct(43, 2 ** 53 + 1, '9.007199254740992e+15'),
  struct(43, 1e-4, '0.0001'),
  struct(43, 0.00001, '1e-05'),
  struct(43, 1234567.5, '1.2345675e+06'),
  struct(43, 999999.5, '999999.5'),
  struct(43, 1e100, '1e+100'),
  struct(43, 5e-324, '5e-324'),
  struct(43, 1.7976931348623157e308, '1.7976931348623157e+308'),
  struct(43, -1000000, '-1e+06'),
  struct(43, 0.1, '0.1'),
  struct(43, Number.NaN, '"NaN"'),
  struct(43, Number.POSITIVE_INFINITY, '"Infinity"'),
  struct(43, Number.NEGATIVE_INFINITY, '"-Infinity"'),
  struct(43, undefined, 'null'),
  struct(43, [[null, [1e6]], { '': undefined }], '[[null,[1e+06]],{"":null}]'),
  { item: 44, name: 'exp compared', ask: { attributes: jwt, rule: 'equals' }, answer: 'allow' },
  {
    item: 44,
    name: 'exp in sprintf',
    ask: { attributes: jwt, rule: 'sprintf' },
    answer: 'deny Forbidden, body "%!d(float64=1.569026124e+09) 1.569026124e+09"',
  },
  http(
    46,
    'header_map alone',
    { body: '{}', headerMap: { headers: [{ key: 'content-type', value: 'application/json' }] } },
    'parsed_body',
    'null',
  ),
  http(
    46,
    'partial body flag in header_map',
    { body: '{', headerMap: { headers: [{ key: 'x-envoy-auth-partial-body', value: 'true' }] } },
    'truncated_body',
    'false',
  ),
  http(
    47,
    'content type in header_map, another in headers',
    {
      body: '{}',
      headers: { 'content-type': 'text/plain' },
      headerMap: { headers: [{ key: 'content-type', value: 'application/json' }] },
    },
    'parsed_body',
    'null',
  ),
  http(
    47,
    'Content-Type is another header',
    { body: '{}', headers: { 'Content-Type': 'application/json' } },
    'parsed_body',
    'null',
  ),
  shown(
    48,
    'empty principal',
    { source: { principal: '' } },
    'input',
    '{"attributes":{"source":{}},"parsed_body":null,"parsed_path":[""],"parsed_query":{},"truncated_body":false,"version":{"encoding":"protojson","ext_authz":"v3"}}',
  ),
  shown(48, 'principal', { source: { principal: 'p' } }, 'source_principal', '"p"'),
  shown(
    48,
    'certificate as it came',
    { source: { certificate: 'x%20y' } },
    'attributes.source',
    '{"certificate":"x%20y"}',
  ),
  shown(48, 'certificate not parsed', { source: { certificate: 'x%20y' } }, 'source_certificate', 'is absent'),
  shown(
    49,
    'empty route metadata',
    { routeMetadataContext: {}, metadataContext: {} },
    'attributes',
    '{"metadataContext":{},"routeMetadataContext":{}}',
  ),
  shown(49, 'SNI empty and set', { tlsSession: {} }, 'attributes.tlsSession', '{}'),
  shown(
    49,
    'context extensions',
    { contextExtensions: { '': 'e', k: '' } },
    'attributes.contextExtensions',
    '{"":"e","k":""}',
  ),
  {
    item: 50,
    name: 'unknown fields at every level',
    ask: Buffer.concat([
      plain,
      field(9, Buffer.from('x')),
      field(1, Buffer.concat([field(15, Buffer.of(1)), field(4, field(2, field(14, Buffer.of(2))))])),
    ]),
    answer: 'parsed_path [""]',
  },
  { item: 51, name: 'invalid UTF-8 in the path', ask: inHttp(field(4, Buffer.of(0x2f, 0xff))), answer: internal },
  { item: 51, name: 'invalid UTF-8 in the body', ask: inHttp(field(11, Buffer.of(0xc3))), answer: internal },
  {
    item: 51,
    name: 'invalid UTF-8 in a header value',
    ask: inHttp(field(3, Buffer.concat([field(1, Buffer.from('a')), field(2, Buffer.of(0xed, 0xa0, 0x80))]))),
    answer: internal,
  },
  {
    item: 51,
    name: 'invalid UTF-8 in a raw value is none',
    ask: inHttp(field(13, field(1, field(3, Buffer.of(0xff))))),
    answer: 'parsed_path [""]',
  },
  { item: 52, name: 'truncated message', ask: plain.subarray(0, plain.length - 1), answer: internal },
  { item: 52, name: 'a length beyond the message', ask: Buffer.of(0x0a, 0x05, 0x01), answer: internal },
  { item: 52, name: 'a group that ends without beginning', ask: Buffer.of(0x0c), answer: internal },
  { item: 52, name: 'field number 0', ask: Buffer.of(0x02, 0x00), answer: internal },
];

import fc from 'fast-check';
import { checkRequest } from '../../unit/envoy/proto-types.js';

const text = fc.string({ unit: 'binary', maxLength: 12 });

const pathPiece = fc.oneof(
  fc.constantFrom(
    '/',
    '//',
    '..',
    '.',
    ';',
    '%2f',
    '%2e',
    '%00',
    '%',
    '%zz',
    '%25',
    '\\',
    '?',
    '#',
    '&',
    '=',
    '+',
    '*',
  ),
  fc.constantFrom('a', 'admin', '%61', '%c3%a9', '%c0%af', 'é', ' ', '%0a', '__proto__'),
);
const target = fc.oneof(
  { weight: 3, arbitrary: fc.array(pathPiece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`) },
  { weight: 1, arbitrary: fc.webPath() },
  { weight: 1, arbitrary: text },
);

const name = fc.oneof(
  fc.constantFrom(
    'x-user',
    'x_user',
    'X-User-Roles',
    'user_roles',
    'authorization',
    'content-length',
    'cookie',
    ':path',
  ),
  fc.constantFrom('content-encoding', 'x-envoy-auth-partial-body', 'content-type', '__proto__', 'grpc-encoding', ''),
  text,
);
const value = fc.oneof(
  fc.constantFrom(
    'Bearer good',
    'Bearer a,Bearer b',
    'bearer good',
    'Basic x',
    'admin,user',
    '5',
    '-1',
    'true',
    'gzip',
  ),
  text,
);

const contentType = fc.oneof(
  fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=B'),
  fc.constantFrom(
    'application/grpc',
    'application/grpc+proto',
    'a/b+json',
    'application/json; charset=utf-16',
    ';',
    'a/b; c',
  ),
  text,
);

const multipartPiece = fc.oneof(
  fc.constantFrom('--B', '\r\n', '\n', '--B--', 'Content-Disposition: form-data; name="a"', ': ', ' ', '"', '\\', '*='),
  fc.constantFrom(
    'Content-Type: application/json',
    'Content-Transfer-Encoding: quoted-printable',
    '{}',
    '=',
    "utf-8''%",
  ),
  text,
);

const body = fc.oneof(
  fc.json().map((json) => Buffer.from(json)),
  fc.webQueryParameters().map((query) => Buffer.from(query)),
  fc.array(multipartPiece, { maxLength: 14 }).map((pieces) => Buffer.from(pieces.join(''))),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 1, max: 400 }).map((depth) => Buffer.from('['.repeat(depth))),
);

/** The fields that the way of a check looks at, filled with what is hard to read. */
const http = fc
  .record(
    {
      method: fc.oneof(fc.constantFrom('GET', 'POST', 'CONNECT'), text),
      path: target,
      host: fc.oneof(fc.constantFrom('gateway.example', 'a,b', 'a@b'), text),
      headers: fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: false }),
      contentType,
      lines: fc.array(fc.record({ key: name, raw_value: value.map((each) => Buffer.from(each)) }), { maxLength: 4 }),
      body: body.map((bytes) => bytes.toString('utf8')),
      raw_body: body,
    },
    { requiredKeys: [] },
  )
  .map(({ contentType: type, headers, lines, ...fields }) => ({
    ...fields,
    headers: { ...headers, ...(type !== undefined && { 'content-type': type }) },
    ...(lines !== undefined && { header_map: { headers: lines } }),
  }));

const attributes = fc.record(
  {
    request: fc.record({ http }),
    source: fc.record({ principal: text, certificate: text }),
    context_extensions: fc.dictionary(
      fc.constantFrom('portcullis.path', 'a'),
      fc.constantFrom('a/envoy', 'a/http-api', 'z'),
    ),
  },
  { requiredKeys: [] },
);

/** A request without anything special, so that the engine is asked. */
const plain = fc.constantFrom('/a', '/a/b?x=1', '/').map((path) => ({
  request: { http: { method: 'GET', path, host: 'gateway.example', headers: { 'x-user': 'forged' } } },
}));

/** An encoded check as Envoy might send it. */
export const plausibleRequests: fc.Arbitrary<Buffer> = fc
  .oneof(attributes, plain)
  .map((given) => Buffer.from(checkRequest.encode(checkRequest.fromObject({ attributes: given })).finish()));

const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(4),
  insert: fc.uint8Array({ maxLength: 4 }),
});

const damaged = fc.tuple(plausibleRequests, fc.array(change, { minLength: 1, maxLength: 3 })).map(([bytes, changes]) =>
  changes.reduce((broken, { at, insert, remove }) => {
    const start = Math.floor(at * broken.length);
    return Buffer.concat([broken.subarray(0, start), insert, broken.subarray(start + remove)]);
  }, bytes),
);

/** Bytes that may be a check, that were one, or that never were. */
export const requestBytes: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: plausibleRequests },
  { weight: 3, arbitrary: damaged },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
);

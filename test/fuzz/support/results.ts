import fc from 'fast-check';
import { JsonNumber, type JsonValue } from '../../../src/json/json.js';

const text = fc.string({ unit: 'binary', maxLength: 12 });

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc
    .constantFrom('1', '401', '401.0', '1e400', '-0', '12345678901234567890', '')
    .map((digits) => new JsonNumber(digits)),
);

const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(null, true, false, 'true', 'allow', 1, 0, 'x'),
  text,
  number,
  fc.uint8Array({ maxLength: 4 }),
);

/** Nested to a depth that a reader by recursion may not survive. */
const deep: fc.Arbitrary<JsonValue> = fc
  .tuple(fc.oneof(fc.nat(40), fc.constant(20_000)), fc.boolean())
  .map(([depth, list]) => {
    let value: JsonValue = 'bottom';
    for (let level = 0; level < depth; level += 1) value = list ? [value] : { a: value };
    return value;
  });

const memberName = fc.oneof(fc.constantFrom('allowed', 'allow', '__proto__', 'constructor', 'a'), text);

const value: fc.Arbitrary<JsonValue> = fc.letrec<{ any: JsonValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(memberName, tie('any'), { maxKeys: 3 }),
  ),
})).any;

const headerName = fc.oneof(
  fc.constantFrom('x-user', 'X-User', 'x_user', 'a', 'A', 'set-cookie', 'location', 'www-authenticate', 'cookie'),
  fc.constantFrom(
    ':path',
    'host',
    'Host',
    'content-length',
    'transfer-encoding',
    'x-envoy-retry-on',
    '',
    'a b',
    'a\r\n',
  ),
  text,
);
const headerText = fc.oneof(fc.constantFrom('v', '', 'a\r\nb: c', '\0', '\ud800', 'é', 'x'.repeat(20_000)), text);
const headerValue = fc.oneof(
  { weight: 4, arbitrary: headerText },
  { weight: 1, arbitrary: fc.array(headerText, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ value: headerText, append: fc.boolean() }, { requiredKeys: ['value'] }) },
  { weight: 1, arbitrary: value },
);
const manyHeaders = fc
  .constantFrom(49, 50, 51, 200)
  .map((count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'v'])));
const headers = fc.oneof(
  { weight: 6, arbitrary: fc.dictionary(headerName, headerValue, { maxKeys: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.dictionary(headerName, headerValue, { maxKeys: 2 }), { maxLength: 3 }) },
  { weight: 1, arbitrary: manyHeaders },
  { weight: 1, arbitrary: value },
);

const truth = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: fc.boolean() }, value);
const names = fc.oneof({ weight: 4, arbitrary: fc.array(headerName, { maxLength: 3 }) }, value);

/** An object of which the members have at least the right names. */
const decision = fc.record(
  {
    allowed: truth,
    allow: truth,
    headers,
    response_headers_to_add: headers,
    request_headers_to_remove: names,
    query_parameters_to_set: fc.oneof(
      fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 2 })), { maxKeys: 3 }),
      value,
    ),
    query_parameters_to_remove: names,
    http_status: fc.oneof(fc.constantFrom(200, 301, 302, 401, 403, 503, 999), number, value),
    body: fc.oneof(text, value),
    dynamic_metadata: fc.oneof(value, deep),
    reason: fc.oneof(text, value),
    cache_max_age: fc.oneof(fc.nat(9), number, value),
  },
  { requiredKeys: [] },
);

/** Only members that say nothing wrong, so that many of them decide. */
const wellFormed = fc.record(
  {
    allowed: fc.boolean(),
    headers: fc.dictionary(fc.constantFrom('x-user', 'X-Other', 'a'), fc.string({ maxLength: 5 }), { maxKeys: 3 }),
    request_headers_to_remove: fc.array(fc.constantFrom('x-user', 'Authorization'), { maxLength: 2 }),
    dynamic_metadata: fc.record({ a: number }),
  },
  { requiredKeys: ['allowed'] },
);

/** Whatever a policy may return, and what no JSON holds: an engine might be at fault. */
export const results: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 5, arbitrary: decision as fc.Arbitrary<JsonValue> },
  { weight: 3, arbitrary: wellFormed as fc.Arbitrary<JsonValue> },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 2, arbitrary: value },
  { weight: 1, arbitrary: deep },
  {
    weight: 1,
    arbitrary: fc.constantFrom(undefined, () => true, Symbol('true'), 1n, Object(true)) as fc.Arbitrary<never>,
  },
);

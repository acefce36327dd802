import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toAnswer } from '../../../src/check/answer/answer.js';
import { readDecision } from '../../../src/check/decision/decision.js';
import { headerView } from '../../../src/check/input/headers.js';
import { buildInput } from '../../../src/check/input/input.js';
import { createInputDocument } from '../../../src/check/input/input-document.js';
import type { Attributes, HttpRequest } from '../../../src/envoy/attributes.js';
import { writeCheckResponse } from '../../../src/envoy/write-check-response.js';
import type { JsonValue } from '../../../src/json/json.js';
import { answerContext, pluginDecision, pluginInput, strictDecision, strictInput } from './options.js';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const headerName = fc.oneof(fc.constantFrom('x-user', 'X-User', 'a', ':path', 'host', 'content-length', ''), text);
const headerValue = fc.oneof(
  text,
  fc.array(text, { maxLength: 3 }),
  fc.record({ value: text, append: fc.boolean() }, { requiredKeys: ['value'] }),
  fc.jsonValue({ maxDepth: 1 }),
);
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 4 });
const truth = fc.oneof({ weight: 3, arbitrary: fc.boolean() }, fc.jsonValue({ maxDepth: 1 }));

const results = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      allowed: truth,
      allow: truth,
      headers: fc.oneof(headers, fc.array(headers, { maxLength: 2 }), fc.jsonValue({ maxDepth: 1 })),
      response_headers_to_add: headers,
      request_headers_to_remove: fc.array(headerName, { maxLength: 3 }),
      query_parameters_to_set: fc.dictionary(text, text, { maxKeys: 3 }),
      query_parameters_to_remove: fc.array(text, { maxLength: 3 }),
      cache_max_age: fc.oneof(fc.nat(), fc.jsonValue({ maxDepth: 1 })),
      http_status: fc.oneof(fc.integer({ min: -1, max: 700 }), fc.jsonValue({ maxDepth: 1 })),
      body: fc.oneof(text, fc.jsonValue({ maxDepth: 1 })),
      dynamic_metadata: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
) as fc.Arbitrary<JsonValue>;

/** What the rule of an allow is, said once more and otherwise. */
function saysTrue(result: JsonValue): boolean {
  if (result === true) return true;
  const said = (name: string) => Object.getOwnPropertyDescriptor(Object(result), name)?.value;
  return said('allowed') === true || said('allow') === true;
}

test.each([
  ['defaults', strictDecision],
  ['opa-envoy-plugin', pluginDecision],
  ['dropping', { ...strictDecision, mutations: 'drop' } as const],
])('A-73 %s: whatever the policy returns, nothing throws, and only a well-formed `true` allows', (_name, options) => {
  let allowed = 0;
  fc.assert(
    fc.property(results, text, (result, target) => {
      const decision = readDecision(result, options);
      if (!decision.ok) return;
      const request = headerView({ headers: { 'x-user': 'forged', a: target } });
      const answer = toAnswer(decision.value, answerContext({ options, headers: request, target: `/?${target}` }));
      writeCheckResponse(answer);
      if (answer.kind === 'deny') {
        expect(answer.status).toBeGreaterThanOrEqual(200);
        return;
      }
      allowed += 1;
      expect(saysTrue(result)).toBe(true);
      const set = answer.headers.map(({ name }) => name);
      expect(answer.headersToRemove.filter((name) => set.includes(name))).toEqual([]);
      for (const name of options.protected_headers) expect([...set, ...answer.headersToRemove]).toContain(name);
      for (const { name, value } of [...answer.headers, ...answer.responseHeaders]) {
        expect(name).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
        expect(value).not.toMatch(/[\r\n\0]|\p{Surrogate}/u);
        expect(['host', 'content-length', 'transfer-encoding', 'connection']).not.toContain(name);
      }
      for (const { name, value } of answer.queryToSet) expect(name + value).toMatch(/^[A-Za-z0-9%_.!~*'()-]+$/);
    }),
    { numRuns: 3000 },
  );
  expect(allowed).toBeGreaterThan(20);
});

const bytes = fc.uint8Array({ maxLength: 60 });
const contentType = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=X',
    'a/b+json',
  ),
  text,
);
const multipartBody = fc
  .array(
    fc.oneof(
      fc.constantFrom('--X', '\r\n', '\n', '--X--', 'Content-Disposition: form-data; name="a"', ': ', ' ', '='),
      fc.constantFrom(
        'Content-Transfer-Encoding: quoted-printable',
        'Content-Type: application/json',
        '{}',
        "name*=utf-8''%",
      ),
      text,
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(''));

const httpRequests = fc.record(
  {
    method: text,
    path: fc.oneof(
      text,
      text.map((rest) => `/${rest}`),
      fc.webPath(),
    ),
    headers: fc
      .dictionary(text, text, { maxKeys: 3 })
      .chain((map) => contentType.map((type) => ({ ...map, 'content-type': type }))),
    headerMap: fc.record({ headers: fc.array(fc.record({ key: text, rawValue: bytes }), { maxLength: 3 }) }),
    body: fc.oneof(text, multipartBody, fc.json(), fc.webQueryParameters()),
    rawBody: bytes,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<HttpRequest>;

const metadata = fc.dictionary(text, fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 }), { maxKeys: 2 });

test.each([
  ['defaults', strictInput],
  ['opa-envoy-plugin', pluginInput],
])('%s: whatever Envoy sends, the input is JSON or the request is refused', (_name, options) => {
  const attributes = fc.record(
    { request: fc.record({ http: httpRequests }), metadataContext: fc.record({ filterMetadata: metadata }) },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Attributes>;
  let built = 0;
  fc.assert(
    fc.property(attributes, fc.constantFrom('envoy' as const, 'http-api' as const), (given, shape) => {
      const input = buildInput(given, { kind: 'anonymous' }, options, shape);
      if (!input.ok) {
        expect(input.error.message).not.toBe('');
        return;
      }
      built += 1;
      const text = Buffer.from(createInputDocument(input.value).encoded).toString('utf8');
      expect(typeof JSON.parse(text)).toBe('object');
    }),
    { numRuns: 3000 },
  );
  expect(built).toBeGreaterThan(100);
});

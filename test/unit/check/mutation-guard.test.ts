import { describe, expect, test } from 'vitest';
import { readDecision } from '../../../src/check/decision.js';
import { type DecisionRule, decisionRules } from '../../../src/check/decision-fault.js';
import type { JsonObject, JsonValue } from '../../../src/json/json.js';
import { pluginDecision, strictDecision } from './options.js';

function rules(result: JsonObject): readonly string[] {
  return [strictDecision, pluginDecision].map((options) => {
    const decision = readDecision(result, options);
    return decision.ok ? 'none' : decision.error.rule;
  });
}

const many = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, 'v']));

const headerCases: readonly (readonly [string, JsonValue, DecisionRule])[] = [
  ['an empty name', { '': 'v' }, 'header_name'],
  ['a space in the name', { 'x y': 'v' }, 'header_name'],
  ['a colon in the name', { 'x:y': 'v' }, 'header_name'],
  ['CR LF in the name', { 'x\r\ny': 'v' }, 'header_name'],
  ['a name beyond ASCII', { é: 'v' }, 'header_name'],
  ['a Kelvin sign, which lower-cases to k', { '\u212aeep-alive': 'v' }, 'framing_header'],
  ['two spellings of one name', { A: '1', a: '2' }, 'header_collision'],
  ['a pseudo header', { ':path': '/x' }, 'pseudo_header'],
  ['another pseudo header', { ':Authority': 'x' }, 'pseudo_header'],
  ['Host', { Host: 'evil' }, 'host_header'],
  ['Content-Length', { 'Content-Length': '5' }, 'framing_header'],
  ['transfer-encoding', { 'transfer-encoding': 'chunked' }, 'framing_header'],
  ['connection', { connection: 'x-user' }, 'framing_header'],
  ['upgrade', { upgrade: 'h2c' }, 'framing_header'],
  ['te', { te: 'trailers' }, 'framing_header'],
  ['trailer', { trailer: 'x' }, 'framing_header'],
  ['x-envoy-…', { 'X-Envoy-Max-Retries': '9' }, 'envoy_header'],
  ['CR LF in the value', { a: 'x\r\ny: z' }, 'header_value'],
  ['LF in the value', { a: 'x\ny' }, 'header_value'],
  ['NUL in the value', { a: 'x\u0000' }, 'header_value'],
  ['DEL in the value', { a: '\u007f' }, 'header_value'],
  ['a control character in one of several values', { a: ['x', '\u001b'] }, 'header_value'],
  ['half a surrogate pair', { a: '\ud800' }, 'header_value'],
  ['a long value', { a: 'x'.repeat(17_000) }, 'headers_too_long'],
  ['long values together', { a: 'x'.repeat(16_000), b: 'x'.repeat(16_000) }, 'headers_too_long'],
  ['many headers', many(51), 'headers_too_many'],
  ['many values of one header', { a: Array.from({ length: 51 }, () => 'v') }, 'headers_too_many'],
];

describe('headers in either direction', () => {
  test.each(headerCases)('%s', (_name, headers, rule) => {
    expect(rules({ allowed: true, headers })).toEqual([rule, rule]);
    expect(rules({ allowed: false, headers })).toEqual([rule, rule]);
    expect(rules({ allowed: true, response_headers_to_add: headers })).toEqual([rule, rule]);
  });

  test.each<readonly [string, JsonValue]>([
    ['a tab and text beyond ASCII', { a: 'x\té😀' }],
    ['an empty value', { a: '' }],
    ['as many as may be', many(50)],
    ['every character of a token', { "!#$%&'*+-.^_`|~09az": 'v' }],
  ])('%s may pass', (_name, headers) => {
    expect(rules({ allowed: true, headers })).toEqual(['none', 'none']);
  });
});

test.each([
  [':path', 'pseudo_header'],
  ['', 'header_name'],
  ['x y', 'header_name'],
  ['Host', 'host_header'],
  ['content-length', 'framing_header'],
  ['x-envoy-auth-partial-body', 'none'],
  ['Authorization', 'none'],
])('removing the header %j: %s', (name, rule) => {
  expect(rules({ allowed: true, request_headers_to_remove: ['a', name] })).toEqual([rule, rule]);
});

test('query parameters', () => {
  const set = (parameters: JsonValue) => rules({ allowed: true, query_parameters_to_set: parameters })[0];
  expect(set({ 'a&b#c\r\n é': 'd e&f=g#h\r\n' })).toBe('none');
  expect(set({ '': 'v' })).toBe('query_parameter');
  expect(set({ a: '\ud800' })).toBe('query_parameter');
  expect(set({ a: 'x'.repeat(17_000) })).toBe('query_parameter');
  expect(set({ a: Array.from({ length: 101 }, () => 'x') })).toBe('query_parameter');
  expect(rules({ allowed: true, query_parameters_to_remove: [''] })[0]).toBe('query_parameter');
});

test('status and body of a denial', () => {
  const deny = (members: JsonObject) => rules({ allowed: false, ...members })[1];
  expect(deny({ http_status: 100 })).toBe('status');
  expect(deny({ http_status: 204, body: 'x' })).toBe('body_not_allowed');
  expect(deny({ http_status: 304, body: 'x' })).toBe('body_not_allowed');
  expect(deny({ http_status: 204 })).toBe('none');
  expect(deny({ body: 'é'.repeat(128 * 1024) })).toBe('none');
  expect(deny({ body: 'é'.repeat(128 * 1024 + 1) })).toBe('body_too_long');
  expect(deny({ body: '\udfff' })).toBe('body_too_long');
  expect(readDecision({ allowed: false, body: 'long' }, { ...strictDecision, max_body_size: 3 }).ok).toBe(false);
});

test('every rule is shown by a test of this folder', () => {
  const elsewhere: readonly DecisionRule[] = ['shape', 'status', 'redirect_without_location', 'metadata'];
  const here: readonly DecisionRule[] = ['query_parameter', 'body_not_allowed', 'body_too_long'];
  const shown = new Set([...headerCases.map(([, , rule]) => rule), ...elsewhere, ...here]);
  expect([...shown].sort()).toEqual(Object.keys(decisionRules).sort());
});

import { describe, expect, test } from 'vitest';
import { toAnswer } from '../../../src/check/answer/answer.js';
import { type AllowDecision, type DenyDecision, readDecision } from '../../../src/check/decision/decision.js';
import { type DecisionRule, decisionRules } from '../../../src/check/decision/decision-fault.js';
import type { JsonObject, JsonValue } from '../../../src/json/json.js';
import { mutationRules } from '../../../src/telemetry/mutation-rule.js';
import { answerContext, pluginDecision, strictDecision } from './options.js';

const dropping = { ...strictDecision, mutations: 'drop' } as const;

function rules(result: JsonObject): readonly string[] {
  return [strictDecision, pluginDecision].map((options) => {
    const decision = readDecision(result, options);
    return decision.ok ? 'none' : decision.error.rule;
  });
}

/** The decision that is left with `mutations: drop`, or the rule for which it is refused all the same. */
function left(result: JsonObject): AllowDecision | DenyDecision | DecisionRule {
  const decision = readDecision(result, dropping);
  return decision.ok ? decision.value : decision.error.rule;
}

function leftOfAllow(result: JsonObject): AllowDecision {
  const decision = left({ allowed: true, ...result });
  if (typeof decision === 'string' || decision.kind !== 'allow') throw new Error(JSON.stringify(decision));
  return decision;
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

  test.each(headerCases)('dropped alone: %s', (_name, headers, rule) => {
    const names = Object.keys(headers as JsonObject).map((name) => name.toLowerCase());
    for (const decision of [
      leftOfAllow({ headers: [{ good: 'v' }, headers as JsonObject] }),
      left({ allowed: false, headers: [{ good: 'v' }, headers as JsonObject] }),
    ]) {
      if (typeof decision === 'string') throw new Error(decision);
      expect(decision.dropped.map((fault) => fault.rule)).toContain(rule);
      expect(new Set(decision.dropped.map((fault) => fault.rule)).size).toBe(1);
      const kept = decision.headers.map(({ name }) => name);
      expect(kept).toContain('good');
      expect(names.filter((name) => !kept.includes(name)).length).toBeGreaterThan(0);
    }
    const towardsClient = leftOfAllow({ response_headers_to_add: [{ good: 'v' }, headers as JsonObject] });
    expect(towardsClient.responseHeaders.map(({ name }) => name)).toContain('good');
    expect(towardsClient.dropped[0]?.rule).toBe(rule);
    expect(towardsClient.headersToRemove).toEqual([]);
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

describe('what is dropped from the request', () => {
  const toBackend = (result: JsonObject) => {
    const answer = toAnswer(leftOfAllow(result), answerContext({ options: dropping, target: '/?a=1&%61=2&b=3' }));
    if (answer.kind !== 'allow') throw new Error('denied');
    return answer;
  };

  test.each([{ 'x-tenant': 'a\r\nb: c' }, { 'X-Tenant': 'a', 'x-tenant': 'b' }, { 'x-tenant': 'v'.repeat(17_000) }])(
    'is removed from it, so that the client cannot say it instead: %#',
    (headers) => {
      const answer = toBackend({ headers });
      expect(answer.headers).toEqual([]);
      expect(answer.headersToRemove).toContain('x-tenant');
    },
  );

  test('unless nothing of that name may be removed', () => {
    const headers = { ':path': '/', host: 'evil', 'content-length': '0', '': 'v', 'x y': 'v' };
    expect(leftOfAllow({ headers })).toMatchObject({ headers: [], headersToRemove: [] });
    expect(leftOfAllow({ request_headers_to_remove: Object.keys(headers) }).dropped).toHaveLength(5);
    expect(leftOfAllow({ headers: { 'x-envoy-max-retries': '9' } }).headersToRemove).toEqual([]);
  });

  test('a header beyond the limit is removed too', () => {
    const decision = leftOfAllow({ headers: many(60) });
    expect(decision.headers).toHaveLength(50);
    expect(decision.headersToRemove).toHaveLength(10);
    expect(decision.headersToRemove).not.toContain(decision.headers[0]?.name);
  });

  test('a query parameter in every spelling', () => {
    const answer = toBackend({ query_parameters_to_set: { a: '\ud800', '': 'v', c: 'd' } });
    expect(answer.queryToSet).toEqual([{ name: 'c', value: 'd' }]);
    expect(answer.queryToRemove).toEqual(['a', '%61']);
  });

  test('names that cannot be in a request need not be removed', () => {
    expect(leftOfAllow({ query_parameters_to_remove: ['', '\udfff', 'a'] })).toMatchObject({
      queryToRemove: ['a'],
      dropped: [{ rule: 'query_parameter' }, { rule: 'query_parameter' }],
    });
  });
});

describe('with either strictness, a removal is not left out', () => {
  const names = (count: number, length = 1) =>
    Array.from({ length: count }, (_, index) => `h${index}`.padEnd(length, 'x'));

  test.each([
    [{ request_headers_to_remove: names(51) }],
    [{ request_headers_to_remove: names(20, 1000) }],
    [{ query_parameters_to_remove: names(101) }],
    [{ query_parameters_to_remove: names(20, 1000) }],
  ])('%#', (members) => {
    expect(rules({ allowed: true, ...members })).toEqual(['removals', 'removals']);
    expect(left({ allowed: true, ...members })).toBe('removals');
  });

  test('not even where it follows from what is dropped', () => {
    expect(left({ allowed: true, headers: many(101) })).toBe('removals');
  });

  test('as many as fit', () => {
    const members = { request_headers_to_remove: names(50), query_parameters_to_remove: names(100) };
    expect(rules({ allowed: true, ...members })).toEqual(['none', 'none']);
  });
});

test('with either strictness, a redirect needs a location that is sent', () => {
  const redirect = { allowed: false, http_status: 302, headers: { location: '/a\r\nset-cookie: a=b' } };
  expect(rules(redirect)).toEqual(['header_value', 'header_value']);
  expect(left(redirect)).toBe('redirect_without_location');
});

test.each<readonly [DecisionRule, JsonObject]>([
  ['shape', { headers: { a: 1 } }],
  ['shape', { body: 1 }],
  ['status', { http_status: 999 }],
  ['body_not_allowed', { http_status: 304, body: 'x' }],
  ['body_too_long', { body: 'x'.repeat(300_000) }],
  ['metadata', { dynamic_metadata: { a: 'x'.repeat(70_000) } }],
])('with either strictness, %s refuses the whole decision', (rule, members) => {
  const result = { allowed: false, ...members };
  const options = { ...dropping, status_table: 'opa-envoy-plugin' } as const;
  const decision = readDecision(result, options);
  expect(decision.ok || decision.error.rule).toBe(rule);
});

test('query parameters', () => {
  const set = (parameters: JsonValue) => rules({ allowed: true, query_parameters_to_set: parameters })[0];
  expect(set({ 'a&b#c\r\n é': 'd e&f=g#h\r\n' })).toBe('none');
  expect(set({ '': 'v' })).toBe('query_parameter');
  expect(set({ a: '\ud800' })).toBe('query_parameter');
  expect(set({ 'a\ud800': '\udc00' })).toBe('query_parameter');
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
  const elsewhere: readonly DecisionRule[] = ['shape', 'status', 'redirect_without_location', 'redirect_target'];
  const here: readonly DecisionRule[] = [
    'query_parameter',
    'removals',
    'body_not_allowed',
    'body_too_long',
    'metadata',
  ];
  const shown = new Set([...headerCases.map(([, , rule]) => rule), ...elsewhere, ...here]);
  expect([...shown].sort()).toEqual(Object.keys(decisionRules).sort());
});

test('what may be dropped is a rule of the guard', () => {
  expect(Object.keys(decisionRules)).toEqual(expect.arrayContaining([...mutationRules]));
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type DecisionOptions, readDecision } from '../../../src/check/decision/decision.js';
import { parseJson } from '../../../src/json/parse.js';
import { pluginDecision, strictDecision } from './options.js';

function decide(text: string, options: DecisionOptions = strictDecision) {
  const result = parseJson(text);
  if (!result.ok) throw new Error(result.error);
  return readDecision(result.value, options);
}

/** `allow`, `deny`, or the rule that is broken. */
function outcome(text: string, options?: DecisionOptions): string {
  const decision = decide(text, options);
  return decision.ok ? decision.value.kind : decision.error.rule;
}

describe('allow or deny', () => {
  test.each([
    ['true', 'allow'],
    ['false', 'deny'],
    ['{"allow":true}', 'allow'],
    ['{"allow":false}', 'deny'],
    ['{"allowed":true,"allow":true}', 'allow'],
  ])('A-72 %s: %s', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test.each(['"yes"', '1', '{}', 'null', '[]', '"true"', '0', '1.0'])('A-73 `allow` %s is not true', (value) => {
    expect(outcome(`{"allow":${value}}`)).toBe('shape');
    expect(outcome(`{"allowed":${value}}`)).toBe('shape');
    if (value !== '{}') expect(outcome(value)).toBe('shape');
  });

  test('C-33 A-71 an object without `allow` is a fault, never an allow', () => {
    expect(outcome('{}')).toBe('shape');
    expect(outcome('{"Allowed":true}')).toBe('shape');
    expect(outcome('{"__proto__":{"allowed":true}}')).toBe('shape');
  });

  test('`allowed` and `allow` must not contradict each other', () => {
    expect(outcome('{"allowed":true,"allow":false}')).toBe('shape');
    expect(outcome('{"allowed":true,"allow":1}')).toBe('shape');
  });

  test('the alias can be switched off', () => {
    expect(outcome('{"allow":true}', pluginDecision)).toBe('shape');
    expect(outcome('{"allowed":false,"allow":true}', pluginDecision)).toBe('deny');
  });
});

test('a reason is kept for the log; other unknown keys change nothing', () => {
  expect(decide('{"allowed":false,"reason":"no role"}')).toMatchObject({ value: { reason: 'no role' } });
  expect(outcome('{"allowed":true,"reason":["x"],"decision_id":1}')).toBe('allow');
});

describe('headers', () => {
  test.each([
    ['{"a":"b"}', [{ name: 'a', values: ['b'], append: undefined }]],
    ['{"a":["b","c"]}', [{ name: 'a', values: ['b', 'c'], append: undefined }]],
    [
      '[{"a":"b"},{"a":["c"]},{"d":"e"}]',
      [
        { name: 'a', values: ['b', 'c'], append: undefined },
        { name: 'd', values: ['e'], append: undefined },
      ],
    ],
    ['{"X-A":{"value":"b","append":true}}', [{ name: 'x-a', values: ['b'], append: true }]],
    ['{"a":{"value":["b","c"]}}', [{ name: 'a', values: ['b', 'c'], append: undefined }]],
    ['{"a":[]}', []],
    ['{}', []],
    ['[]', []],
  ])('%s', (headers, edits) => {
    expect(decide(`{"allowed":true,"headers":${headers}}`)).toMatchObject({ value: { headers: edits } });
  });

  test.each([
    'null',
    '1',
    '"x"',
    '["x"]',
    '[null]',
    '{"a":null}',
    '{"a":1.0}',
    '{"a":[["b"]]}',
    '{"a":["b",1]}',
    '{"a":{"b":"c"}}',
    '{"a":{"value":1}}',
    '{"a":{"value":"b","append":"true"}}',
    '{"a":{"value":"b","apend":true}}',
    '[{"a":"b"},{"a":{"value":"c","append":true}}]',
  ])('%s is a fault', (headers) => {
    expect(outcome(`{"allowed":true,"headers":${headers}}`)).toBe('shape');
    expect(outcome(`{"allowed":false,"headers":${headers}}`)).toBe('shape');
    expect(outcome(`{"allowed":true,"response_headers_to_add":${headers}}`)).toBe('shape');
    expect(outcome(`{"allowed":false,"response_headers_to_add":${headers}}`)).toBe('deny');
  });

  test('names that differ in case only are a fault', () => {
    expect(outcome('{"allowed":true,"headers":{"X-User":"a","x-user":"b"}}')).toBe('header_collision');
    expect(outcome('{"allowed":true,"headers":[{"X-User":"a"},{"x-user":"b"}]}')).toBe('header_collision');
  });
});

test.each(['request_headers_to_remove', 'query_parameters_to_remove'])(
  '%s is a list of strings, and ignored on a denial',
  (key) => {
    expect(outcome(`{"allowed":true,"${key}":["a"]}`)).toBe('allow');
    for (const value of ['null', '"a"', '{"a":1}', '["a",null]', '[1]']) {
      expect(outcome(`{"allowed":true,"${key}":${value}}`)).toBe('shape');
      expect(outcome(`{"allowed":false,"${key}":${value}}`)).toBe('deny');
    }
  },
);

test('query_parameters_to_set is an object of strings or lists of strings', () => {
  expect(decide('{"allowed":true,"query_parameters_to_set":{"a":["b","c"],"d":"e"}}')).toMatchObject({
    value: {
      queryToSet: [
        { name: 'a', value: 'b' },
        { name: 'a', value: 'c' },
        { name: 'd', value: 'e' },
      ],
    },
  });
  for (const value of ['null', '1', '[{"a":"b"}]', '{"a":1}', '{"a":null}', '{"a":["b",1]}']) {
    expect(outcome(`{"allowed":true,"query_parameters_to_set":${value}}`)).toBe('shape');
  }
});

test('body and http_status count on a denial only', () => {
  expect(decide('{"allowed":false,"body":"no","http_status":404}')).toMatchObject({
    value: { body: 'no', status: 404 },
  });
  for (const value of ['null', '1', '{"a":1}']) {
    expect(outcome(`{"allowed":false,"body":${value}}`)).toBe('shape');
    expect(outcome(`{"allowed":true,"body":${value}}`)).toBe('allow');
  }
  expect(outcome('{"allowed":true,"http_status":999}')).toBe('allow');
});

describe('http_status', () => {
  const accepted = (options: DecisionOptions, extra = '') =>
    Array.from({ length: 700 }, (_, status) => status).filter(
      (status) => outcome(`{"allowed":false,"http_status":${status}${extra}}`, options) === 'deny',
    );
  const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

  const denials = [...range(400, 417), ...range(421, 424), 426, 428, 429, 431, ...range(500, 508), 510, 511];

  test('denials: the codes from 400 on that Envoy has, and redirects with a location', () => {
    expect(accepted(strictDecision)).toEqual(denials);
    expect(accepted(strictDecision, ',"headers":{"Location":"/login"}')).toEqual([301, 302, 303, 307, 308, ...denials]);
    expect(outcome('{"allowed":false,"http_status":302}')).toBe('redirect_without_location');
  });

  test('opa-envoy-plugin: what Go and Envoy both name, without 1xx', () => {
    expect(accepted(pluginDecision)).toEqual([...range(200, 208), 226, ...range(300, 305), 307, 308, ...denials]);
  });

  test('the codes are those of the proto that Envoy publishes', () => {
    const proto = readFileSync(new URL('../../../protos/envoy/type/v3/http_status.proto', import.meta.url), 'utf8');
    const codes = [...proto.matchAll(/^ {2}\w+ = (\d+);$/gm)]
      .map(([, code]) => Number(code))
      .filter((code) => code >= 200);
    expect(accepted(pluginDecision)).toEqual(codes);
  });

  test.each(['401.0', '4.01e2', '401.5', '"401"', 'null', 'true', '-1', '4294967697', '1e400', '18446744073709552017'])(
    '%s is a fault',
    (status) => {
      expect(outcome(`{"allowed":false,"http_status":${status}}`)).toBe('status');
      expect(outcome(`{"allowed":false,"http_status":${status}}`, pluginDecision)).toBe('status');
    },
  );
});

describe('the location of a redirect', () => {
  const redirect = (location: string, origins: readonly string[] = []) =>
    outcome(JSON.stringify({ allowed: false, http_status: 302, headers: { location } }), {
      ...strictDecision,
      redirect_origins: [...origins],
    });

  test.each(['/login', '/login?next=%2Fcars#top', 'login', '?a=b', '', './a', '/a//b', '/@evil.example'])(
    'may stay on the origin: %j',
    (location) => expect(redirect(location)).toBe(location === '' ? 'redirect_target' : 'deny'),
  );

  test.each([
    'https://evil.example/',
    'http://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https:evil.example',
    'http:evil.example',
    'https:/evil.example',
    'http:///evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    ' https://evil.example',
    '\t//evil.example',
    '/\t/evil.example',
    '//login.example@evil.example',
    'https://login.example.evil.example/',
    'https://login.example:444/',
    'http://login.example/',
    'https://ｌogin.example/',
    'https://[',
  ])('may not leave it: %j', (location) => {
    expect(redirect(location)).toBe('redirect_target');
    expect(redirect(location, ['https://login.example'])).toBe('redirect_target');
    expect(redirect(location, ['*'])).toBe('deny');
  });

  test('may lead to a configured origin', () => {
    expect(redirect('https://login.example/authorize?state=1', ['https://login.example'])).toBe('deny');
    expect(redirect('HTTPS://LOGIN.example:443', ['https://login.example'])).toBe('deny');
  });

  test('must be one', () => {
    const headers = { location: ['/a', '/b'] };
    expect(outcome(JSON.stringify({ allowed: false, http_status: 302, headers }))).toBe('redirect_target');
  });

  test('is not asked for where no client follows it', () => {
    const headers = { location: 'https://evil.example' };
    expect(outcome(JSON.stringify({ allowed: false, http_status: 403, headers }))).toBe('deny');
  });
});

describe('cache_max_age', () => {
  test.each([
    ['0', 0],
    ['60', 60],
    ['9007199254740991', 9007199254740991],
  ])('%s', (text, seconds) => {
    for (const allowed of [true, false]) {
      expect(decide(`{"allowed":${allowed},"cache_max_age":${text}}`)).toMatchObject({
        value: { cacheMaxAge: seconds },
      });
    }
  });

  test.each(['-1', '1.5', '1.0', '6e1', '"60"', 'null', 'true', '9007199254740993'])('%s is a fault', (text) => {
    expect(outcome(`{"allowed":true,"cache_max_age":${text}}`)).toBe('shape');
    expect(outcome(`{"allowed":false,"cache_max_age":${text}}`)).toBe('shape');
  });

  test('nothing is said where the policy says nothing', () => {
    const decision = decide('{"allowed":true}');
    expect(decision.ok && 'cacheMaxAge' in decision.value).toBe(false);
  });
});

describe('dynamic_metadata', () => {
  test('numbers become doubles', () => {
    const decision = decide('{"allowed":true,"dynamic_metadata":{"a":9007199254740993,"b":[1.0,null,{"c":true}]}}');
    expect(decision).toMatchObject({ value: { metadata: { a: 9007199254740992, b: [1, null, { c: true }] } } });
  });

  test('names have no prototype to fall back on', () => {
    const decision = decide('{"allowed":true,"dynamic_metadata":{"__proto__":{"x":1}}}');
    expect(decision.ok && Object.keys(decision.value.metadata)).toEqual(['__proto__']);
  });

  test.each(['null', '[]', '1', '"x"'])('%s is a fault', (value) => {
    expect(outcome(`{"allowed":true,"dynamic_metadata":${value}}`)).toBe('shape');
    expect(outcome(`{"allowed":false,"dynamic_metadata":${value}}`)).toBe('shape');
  });

  test('what Envoy could not read is a fault: it would turn a denial into an error', () => {
    expect(outcome('{"allowed":false,"dynamic_metadata":{"a":1e400}}')).toBe('metadata');
    const nested = (depth: number) =>
      `{"allowed":false,"dynamic_metadata":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
    expect(outcome(nested(24))).toBe('deny');
    expect(outcome(nested(25))).toBe('metadata');
    expect(outcome(nested(9000))).toBe('metadata');
    expect(outcome(`{"allowed":false,"dynamic_metadata":{"a":"${'x'.repeat(70_000)}"}}`)).toBe('metadata');
  });
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DecisionRecord, decisionLine } from '../../../src/decision-log/decision-record.js';

const record: DecisionRecord = {
  time: Date.UTC(2026, 9, 1, 12, 0, 0, 5),
  decisionId: '4ca636c1-55e4-417a-b1d8-4aceb67960d1',
  outcome: 'deny',
  reason: 'policy',
  policyReason: 'not an administrator',
  status: 403,
  decisionPath: 'envoy/authz/allow',
  engine: 'wasm',
  revision: 'abc123',
  method: 'GET',
  host: 'shop.example',
  path: '/v1/admin/users/7',
  requestId: 'req-1',
  identitySource: 'token-file',
  subject: 'alice',
  identityError: 'expired_token',
  duration: 1.23456,
  cached: true,
  engineDuration: 0.5,
};

function written(changes: Partial<DecisionRecord>): Record<string, unknown> {
  return JSON.parse(decisionLine({ ...record, ...changes }));
}

test('A-99 B-43 C-48 is one line of JSON with everything an auditor asks for', () => {
  const line = decisionLine(record);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual({
    time: '2026-10-01T12:00:00.005Z',
    decision_id: '4ca636c1-55e4-417a-b1d8-4aceb67960d1',
    outcome: 'deny',
    reason: 'policy',
    policy_reason: 'not an administrator',
    status: 403,
    decision_path: 'envoy/authz/allow',
    engine: 'wasm',
    revision: 'abc123',
    method: 'GET',
    host: 'shop.example',
    path: '/v1/admin/users/7',
    request_id: 'req-1',
    identity_source: 'token-file',
    subject: 'alice',
    identity_error: 'expired_token',
    duration_ms: 1.235,
    cached: true,
    engine_ms: 0.5,
  });
});

test('docs/decision-log.md describes each member and no other', () => {
  const page = readFileSync(new URL('../../../docs/decision-log.md', import.meta.url), 'utf8');
  const described = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(described).toEqual(Object.keys(JSON.parse(decisionLine(record))));
});

test('B-43 what has no place in the record is not written, even when it is handed in', () => {
  const careless = { ...record, headers: { authorization: 'Bearer s3cret', cookie: 'sid=s3cret' }, body: 's3cret' };
  expect(decisionLine(careless)).not.toContain('s3cret');
});

test.each([
  ['/reset?token=s3cret', '/reset'],
  ['/reset?', '/reset'],
  ['/a#?s3cret', '/a'],
  ['/a?x\n=s3cret', '/a'],
  ['?s3cret', ''],
  ['https://shop.example/a?s3cret', 'https://shop.example/a'],
])('B-43 the query of %j is cut off', (path, expected) => {
  expect(written({ path })['path']).toBe(expected);
});

test('B-43 user information in the host is cut off', () => {
  expect(written({ host: 'alice:s3cret@shop.example' })['host']).toBe('shop.example');
});

test.each([
  '\r\n',
  '\n{"outcome":"allow"}',
  '\u0000',
  '\u001b[2J',
  '\u007f',
  '\u0085',
  '\u009b2J',
  '\u2028',
  '\u2029',
  '\ud800',
  '"\\',
])('%j in a path stays inside its string, on one line', (hostile) => {
  const line = decisionLine({ ...record, path: `/a${hostile}b`, requestId: hostile });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in the line
  expect(line.slice(0, -1)).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800]*$/);
  expect(JSON.parse(line)).toMatchObject({ outcome: 'deny', path: `/a${hostile}b`, request_id: hostile });
});

test('long texts are cut, so that a client cannot flood the log', () => {
  const long = 'x'.repeat(100_000);
  const line = decisionLine({
    ...record,
    path: `/${long}`,
    host: long,
    method: long,
    requestId: long,
    subject: long,
    policyReason: long,
  });
  expect(line.length).toBeLessThan(10_000);
  expect(JSON.parse(line).subject).toBe(`${'x'.repeat(1024)}…`);
});

test('what is not known is left out', () => {
  const { time, decisionId, outcome, reason, duration } = record;
  expect(Object.keys(JSON.parse(decisionLine({ time, decisionId, outcome, reason, duration })))).toEqual([
    'time',
    'decision_id',
    'outcome',
    'reason',
    'duration_ms',
  ]);
});

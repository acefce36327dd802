import { describe, expect, test } from 'vitest';
import { type AnswerContext, toAnswer } from '../../../src/check/answer/answer.js';
import {
  faultAnswer,
  invalidCredentialAnswer,
  refusedAnswer,
  undefinedAnswer,
} from '../../../src/check/answer/fixed-answers.js';
import { readDecision } from '../../../src/check/decision/decision.js';
import { headerView } from '../../../src/check/input/headers.js';
import type { AllowAnswer, DenyAnswer } from '../../../src/envoy/answer.js';
import type { Caller } from '../../../src/identity/identity.js';
import type { JsonValue } from '../../../src/json/json.js';
import { answerContext, decisionId, pluginDecision, strictDecision } from './options.js';

function answer(result: JsonValue, changes: Partial<AnswerContext> = {}): AllowAnswer | DenyAnswer {
  const context = answerContext(changes);
  const decision = readDecision(result, context.options);
  if (!decision.ok) throw new Error(decision.error.message);
  return toAnswer(decision.value, context);
}

function allow(result: JsonValue, changes?: Partial<AnswerContext>): AllowAnswer {
  const given = answer(result, changes);
  if (given.kind !== 'allow') throw new Error('denied');
  return given;
}

const identified: Caller = { kind: 'identified', identity: { source: 's', subject: 'alice', roles: [] } };
const invalid: Caller = { kind: 'invalid', error: { source: 's', reason: 'unknown_token' } };

describe('denied', () => {
  test('A-06 401 with a challenge only where a caller could have been identified and was not', () => {
    const bearer = { name: 'www-authenticate', value: 'Bearer realm="portcullis"', mode: 'overwrite' };
    expect(answer(false)).toMatchObject({ kind: 'deny', status: 403, headers: [], body: '' });
    expect(answer(false, { identityConfigured: true })).toMatchObject({ status: 401, headers: [bearer] });
    expect(answer(false, { identityConfigured: true, caller: identified })).toMatchObject({ status: 403, headers: [] });
    expect(answer(false, { identityConfigured: true, caller: invalid })).toMatchObject({
      status: 401,
      headers: [{ ...bearer, value: 'Bearer realm="portcullis", error="invalid_token"' }],
    });
  });

  test('C-30 the policy may say otherwise', () => {
    const refused = { allowed: false, http_status: 403, body: 'no' };
    expect(answer(refused, { identityConfigured: true })).toMatchObject({ status: 403, headers: [], body: 'no' });
    const own = { allowed: false, http_status: 401, headers: { 'WWW-Authenticate': 'Basic' } };
    expect(answer(own, { identityConfigured: true })).toMatchObject({
      headers: [{ name: 'www-authenticate', value: 'Basic', mode: 'overwrite' }],
    });
  });

  test('single headers overwrite, repeated ones all arrive', () => {
    const result = { allowed: false, headers: { 'set-cookie': ['a=1', 'b=2'], 'x-a': '1' } };
    expect(answer(result)).toMatchObject({
      headers: [
        { name: 'set-cookie', value: 'a=1', mode: 'add' },
        { name: 'set-cookie', value: 'b=2', mode: 'add' },
        { name: 'x-a', value: '1', mode: 'overwrite' },
      ],
    });
  });
});

test('the decision id is in every answer and is ours', () => {
  for (const allowed of [true, false]) {
    expect(answer(allowed).metadata).toEqual({ decision_id: decisionId });
    expect(answer({ allowed, dynamic_metadata: { decision_id: 'forged', a: 1 } }).metadata).toEqual({
      decision_id: decisionId,
      a: 1,
    });
  }
});

describe('towards the backend', () => {
  test('every change is an overwrite; several values are joined', () => {
    expect(allow({ allowed: true, headers: { 'x-a': ['1', '2'], cookie: ['a=1', 'b=2'] } }).headers).toEqual([
      { name: 'x-a', value: '1,2', mode: 'overwrite' },
      { name: 'cookie', value: 'a=1; b=2', mode: 'overwrite' },
    ]);
  });

  const headers = headerView({
    headerMap: {
      headers: [
        { key: 'x-a', rawValue: Buffer.from('0') },
        { key: 'x-a', rawValue: Buffer.from('1') },
        { key: 'x-user-roles', value: 'forged' },
        { key: 'x-bad', rawValue: Uint8Array.of(0x61, 0x0a) },
        { key: 'x-long', value: 'y'.repeat(16_384) },
      ],
    },
  });
  const append = (name: string) =>
    allow({ allowed: true, headers: { [name]: { value: '2', append: true } } }, { headers }).headers;

  test('appending joins with what the request has and is sent as an overwrite', () => {
    expect(append('X-A')).toEqual([{ name: 'x-a', value: '0,1,2', mode: 'overwrite' }]);
    expect(append('x-new')).toEqual([{ name: 'x-new', value: '2', mode: 'overwrite' }]);
  });

  test('A-47 appending never keeps what the client sent under a protected name', () => {
    expect(append('x-user-roles')).toEqual([{ name: 'x-user-roles', value: '2', mode: 'overwrite' }]);
  });

  test('what would be no header, or too long a one, is not joined', () => {
    expect(append('x-bad')).toEqual([{ name: 'x-bad', value: '2', mode: 'overwrite' }]);
    expect(append('x-long')).toEqual([{ name: 'x-long', value: '2', mode: 'overwrite' }]);
  });
});

const identityHeaders = ['x-user', 'x_user', 'x-user-roles', 'x_user_roles', 'user_roles', 'user-roles'];

describe('protected headers', () => {
  test('A-47 protected headers are removed from every request that is let through', () => {
    expect(allow(true).headersToRemove).toEqual(identityHeaders);
    expect(allow({ allowed: true }).headersToRemove).toEqual(identityHeaders);
  });

  test('in every spelling that a backend may read as one of them', () => {
    const names = ['X-User_Roles', 'x.user', 'x-user-2', 'xuser', ':path'];
    const map = headerView({ headers: Object.fromEntries(names.map((name) => [name, 'forged'])) });
    const lines = headerView({ headerMap: { headers: names.map((key) => ({ key, value: 'forged' })) } });
    for (const headers of [map, lines]) {
      expect(allow(true, { headers }).headersToRemove).toEqual([...identityHeaders, 'x-user_roles', 'x.user']);
    }
  });

  test('except for those that the decision sets, in any case', () => {
    const result = {
      allowed: true,
      headers: { 'X-User': 'alice' },
      request_headers_to_remove: ['x-USER', 'Authorization'],
    };
    const given = allow(result);
    const others = identityHeaders.filter((name) => name !== 'x-user');
    expect(given.headersToRemove).toEqual(['authorization', ...others]);
    expect(given.headers).toEqual([{ name: 'x-user', value: 'alice', mode: 'overwrite' }]);
  });

  test('setting one to no value removes it', () => {
    expect(allow({ allowed: true, headers: { 'x-user': [] } }).headersToRemove).toContain('x-user');
  });

  test('come before the bare answer of opa-envoy-plugin', () => {
    expect(allow(true, { options: pluginDecision }).bare).toBe(true);
    const guarded = allow(true, { options: { ...pluginDecision, protected_headers: ['X-User'] } });
    expect(guarded).toMatchObject({ headersToRemove: ['x-user', 'x_user'] });
    expect(guarded.bare).toBeUndefined();
  });
});

test('towards the client: cookies are added to those of the backend, other single values overwrite', () => {
  const given = allow({
    allowed: true,
    response_headers_to_add: {
      'set-cookie': 'a=1',
      'cache-control': 'no-store',
      vary: { value: 'x', append: true },
      'www-authenticate': { value: 'Basic', append: false },
    },
  });
  expect(given.responseHeaders).toEqual([
    { name: 'set-cookie', value: 'a=1', mode: 'add' },
    { name: 'cache-control', value: 'no-store', mode: 'overwrite' },
    { name: 'vary', value: 'x', mode: 'add' },
    { name: 'www-authenticate', value: 'Basic', mode: 'overwrite' },
  ]);
});

describe('query parameters', () => {
  test('names and values are percent-encoded', () => {
    const given = allow({
      allowed: true,
      query_parameters_to_set: { 'a&b': 'd e=#é\r\n+' },
      query_parameters_to_remove: ['x y'],
    });
    expect(given.queryToSet).toEqual([{ name: 'a%26b', value: 'd%20e%3D%23%C3%A9%0D%0A%2B' }]);
    expect(given.queryToRemove).toEqual(['x%20y']);
  });

  test('another spelling of a name does not survive', () => {
    const target = '/p?%61dmin=1&admin=2&us%65r=evil&user=x&a+b=1&ok=1&%zz=1';
    const result = {
      allowed: true,
      query_parameters_to_remove: ['admin', 'a b'],
      query_parameters_to_set: { user: 'alice' },
    };
    const given = allow(result, { target });
    expect([...given.queryToRemove].sort()).toEqual(['%61dmin', 'a%20b', 'a+b', 'admin', 'us%65r']);
    expect(given.queryToSet).toEqual([{ name: 'user', value: 'alice' }]);
  });
});

test('dry run lets a well-formed denial through, without its changes and without forged identity headers', () => {
  const options = { ...strictDecision, dry_run: true };
  const refused = { allowed: false, headers: { a: 'b' }, body: 'no', http_status: 401, dynamic_metadata: { m: 1 } };
  expect(answer(refused, { options })).toEqual({
    kind: 'allow',
    headers: [],
    headersToRemove: identityHeaders,
    responseHeaders: [],
    queryToSet: [],
    queryToRemove: [],
    metadata: { m: 1, decision_id: decisionId },
  });
  expect(readDecision({ allowed: false, body: 1 }, options).ok).toBe(false);
});

describe('fixed answers', () => {
  const refusal = { reason: 'path_bad_escape', message: 'invalid URL escape "%zz"' } as const;

  test('a refused request tells the client nothing of the parser', () => {
    expect(refusedAnswer(refusal, 'generic', decisionId)).toEqual({
      kind: 'deny',
      status: 400,
      headers: [],
      body: 'the request is malformed or ambiguous',
      metadata: { decision_id: decisionId },
    });
    expect(refusedAnswer(refusal, 'opa-envoy-plugin', decisionId).body).toBe(
      'request_parse_error: invalid URL escape "%zz"',
    );
  });

  test('A-71 C-33 undefined is 403, a fault of the policy is 500, an invalid credential is 401', () => {
    expect(undefinedAnswer(decisionId)).toMatchObject({ kind: 'deny', status: 403, body: '' });
    expect(faultAnswer(decisionId)).toMatchObject({ kind: 'deny', status: 500, body: '' });
    expect(invalidCredentialAnswer('r', decisionId)).toMatchObject({
      status: 401,
      headers: [{ name: 'www-authenticate', value: 'Bearer realm="r", error="invalid_token"' }],
    });
    for (const given of [
      undefinedAnswer(decisionId),
      faultAnswer(decisionId),
      invalidCredentialAnswer('r', decisionId),
    ]) {
      expect(given.metadata).toEqual({ decision_id: decisionId });
    }
  });
});

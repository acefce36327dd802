import { describe, expect, test } from 'vitest';
import { buildInput, type InputOptions } from '../../../src/check/input/input.js';
import type { Attributes, HttpRequest } from '../../../src/envoy/attributes.js';
import type { Caller } from '../../../src/identity/identity.js';
import { encodeJson } from '../../../src/json/encode.js';
import { pluginInput, strictInput } from './options.js';

const anonymous: Caller = { kind: 'anonymous' };
const alice: Caller = {
  kind: 'identified',
  identity: { source: 'token-file', subject: 'alice', roles: ['manager', 'car_admin'] },
};
const expired: Caller = { kind: 'invalid', error: { source: 'token-file', reason: 'expired_token' } };

function input(attributes: Attributes | undefined, caller: Caller, options: InputOptions, shape: 'envoy' | 'http-api') {
  const built = buildInput(attributes, caller, options, shape);
  if (!built.ok) throw new Error(built.error.reason);
  return JSON.parse(encodeJson(built.value));
}

function request(http: HttpRequest): Attributes {
  return { request: { http } };
}

describe('http-api', () => {
  const path = (target: string, options: InputOptions = strictInput) =>
    input(request({ method: 'GET', path: target }), anonymous, options, 'http-api').path;

  test('C-10 method, path, query, headers and user, from attributes', () => {
    const http = { method: 'GET', path: '/cars/x?a=1&a=2', headers: { ':path': '/cars/x', accept: 'a/b' } };
    expect(input(request(http), alice, strictInput, 'http-api')).toEqual({
      method: 'GET',
      path: ['cars', 'x'],
      query: { a: ['1', '2'] },
      headers: { accept: 'a/b' },
      user: 'alice',
      roles: ['manager', 'car_admin'],
      identity: { source: 'token-file', subject: 'alice', roles: ['manager', 'car_admin'] },
    });
  });

  test('C-10 the leading empty segment is dropped and a trailing one kept', () => {
    expect(path('/')).toEqual(['']);
    expect(path('/cars')).toEqual(['cars']);
    expect(path('/cars/')).toEqual(['cars', '']);
  });

  test('A-40 A-41 the leading empty segment may be kept', () => {
    const options = { ...strictInput, leading_empty_segment: true };
    expect(path('/v1/admin/users', options)).toEqual(['', 'v1', 'admin', 'users']);
    expect(path('/', options)).toEqual(['', '']);
    expect(path('*', options)).toEqual(['*']);
  });

  test('A-42 A-43 without the query, decoded by segment; what is ambiguous never reaches the policy', () => {
    expect(path('/v1/%61dmin/t?x=/y')).toEqual(['v1', 'admin', 't']);
    const ambiguous = request({ method: 'GET', path: '/v1/public%2f..%2fadmin' });
    expect(buildInput(ambiguous, anonymous, strictInput, 'http-api')).toMatchObject({
      ok: false,
      error: { reason: 'path_encoded_slash' },
    });
  });

  test.each(['POST', 'post', 'PURGE'])('A-46 the method %s is passed on as sent', (method) => {
    expect(input(request({ method, path: '/' }), anonymous, strictInput, 'http-api').method).toBe(method);
  });

  test.each<readonly [string, Attributes | undefined]>([
    ['no attributes', undefined],
    ['no request', {}],
    ['no method', request({ path: '/' })],
    ['an empty method', request({ method: '', path: '/' })],
  ])('A-30 A-31 %s: refused, since such policies allow what is no POST', (_name, attributes) => {
    expect(buildInput(attributes, anonymous, strictInput, 'http-api')).toMatchObject({
      ok: false,
      error: { reason: 'request_incomplete' },
    });
  });

  test('A-44 A-47 A-75 without an identity the roles are empty, whatever headers say', () => {
    const http = { method: 'POST', path: '/', headers: { user_roles: 'ADMIN_ROLE', authorization: 'alice' } };
    const built = input(request(http), anonymous, strictInput, 'http-api');
    expect(built.roles).toEqual([]);
    expect(built.user).toBe('');
    expect(built).not.toHaveProperty('identity');
  });

  test('a credential that is not valid shows as identity_error and makes no user', () => {
    const built = input(request({ method: 'GET', path: '/' }), expired, strictInput, 'http-api');
    expect(built).toMatchObject({ user: '', roles: [], identity_error: { reason: 'expired_token' } });
  });
});

describe('envoy', () => {
  test('A-31 a check without attributes has an input all the same, without a method', () => {
    expect(input(undefined, anonymous, strictInput, 'envoy')).toEqual({
      version: { ext_authz: 'v3', encoding: 'protojson' },
      parsed_path: [''],
      parsed_query: {},
      parsed_body: null,
      truncated_body: false,
    });
  });

  test('the attributes stand in it as they are, with their shortcuts and the identity', () => {
    const attributes: Attributes = {
      source: { principal: 'spiffe://a/b' },
      request: {
        http: { method: 'POST', path: '/a?b=c', headers: { 'content-type': 'application/json' }, body: '[1.0]' },
      },
    };
    const built = buildInput(attributes, alice, strictInput, 'envoy');
    expect(built.ok && encodeJson(built.value['parsed_body'] ?? null)).toBe('[1.0]');
    expect(input(attributes, alice, strictInput, 'envoy')).toMatchObject({
      attributes,
      parsed_path: ['a'],
      parsed_query: { b: ['c'] },
      source_principal: 'spiffe://a/b',
      identity: { subject: 'alice' },
    });
    expect(input(attributes, expired, strictInput, 'envoy')).toMatchObject({
      identity_error: { source: 'token-file' },
    });
  });

  test('bodies may be left out, and then a broken one refuses nothing', () => {
    const attributes = request({ path: '/', headers: { 'content-type': 'application/json' }, body: '{' });
    expect(buildInput(attributes, anonymous, strictInput, 'envoy').ok).toBe(false);
    const built = input(attributes, anonymous, { ...strictInput, body_parsing: 'off' }, 'envoy');
    expect(built).not.toHaveProperty('parsed_body');
    expect(built).not.toHaveProperty('truncated_body');
  });

  test('a malformed query refuses the request, or its pair is left out', () => {
    const attributes = request({ path: '/?a=%zz&b=1' });
    expect(buildInput(attributes, anonymous, strictInput, 'envoy').ok).toBe(false);
    const lenient = { ...strictInput, query_parsing: 'lenient' } as const;
    expect(input(attributes, anonymous, lenient, 'envoy').parsed_query).toEqual({ b: ['1'] });
  });

  const numbers = (value: number, options: InputOptions) => {
    const metadataContext = { filterMetadata: { f: { v: value, l: [value], o: { v: value } } } };
    const built = buildInput({ metadataContext, routeMetadataContext: metadataContext }, anonymous, options, 'envoy');
    const text = built.ok ? encodeJson(built.value) : '';
    return [...text.matchAll(/"v":([^,}]+)/g)].map((match) => match[1]);
  };

  test.each<readonly [number, string, string]>([
    [999999, '999999', '999999'],
    [1000000, '1000000', '1e+06'],
    [1234567.5, '1234567.5', '1.2345675e+06'],
    [1569026124, '1569026124', '1.569026124e+09'],
    [0.0001, '0.0001', '0.0001'],
    [0.00001, '0.00001', '1e-05'],
    [-0.000025, '-0.000025', '-2.5e-05'],
    [1e-7, '1e-7', '1e-07'],
    [1e21, '1e+21', '1e+21'],
    [1e100, '1e+100', '1e+100'],
    [9007199254740992, '9007199254740992', '9.007199254740992e+15'],
    [0, '0', '0'],
    [-0, '-0', '-0'],
    [Number.NaN, '"NaN"', '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"', '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"', '"-Infinity"'],
  ])('the metadata number %d is %s, or %s for opa-envoy-plugin', (value, plain, exponent) => {
    expect(new Set(numbers(value, strictInput))).toEqual(new Set([plain]));
    expect(new Set(numbers(value, pluginInput))).toEqual(new Set([exponent]));
    expect(numbers(value, pluginInput)).toHaveLength(4);
  });

  test('typed metadata is passed on unexpanded', () => {
    const typed = { x: { typeUrl: 't/x', value: Uint8Array.of(1) } };
    const built = input({ metadataContext: { typedFilterMetadata: typed } }, anonymous, strictInput, 'envoy');
    expect(built.attributes.metadataContext.typedFilterMetadata.x).toEqual({ typeUrl: 't/x', value: 'AQ==' });
  });
});

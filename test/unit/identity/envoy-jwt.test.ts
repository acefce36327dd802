import { expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.js';
import { createIdentifier } from '../../../src/identity/identify.js';
import { createEnvoyJwtSource } from '../../../src/identity/jwt/envoy-jwt.js';
import type { JsonValue } from '../../../src/json/json.js';
import { apart, requestWith } from './request.js';

const settings = { kind: 'envoy-jwt', issuer: 'https://idp.example', audience: ['cars'], leeway: '5s' };
const { identity } = configSchema.parse({ identity: { sources: [settings] } });
const [options] = identity.sources;
if (options?.kind !== 'envoy-jwt') throw new Error('no such source');
const identify = createIdentifier([createEnvoyJwtSource(options)]);

const claims = { iss: 'https://idp.example', aud: ['shop', 'cars'], sub: 'alice', roles: ['manager'], exp: 1000 };
const verified = (value: JsonValue, lines = apart()) =>
  requestWith({
    ...lines,
    metadata: (namespace) => (namespace === 'envoy.filters.http.jwt_authn' ? { jwt_payload: value } : undefined),
  });
const invalid = (reason: string) => ({ kind: 'invalid', error: { source: 'envoy-jwt', reason } });
const bearer = ['authorization', 'Bearer a.b.c'] as const;

test('A-47 claims that Envoy has verified identify the caller, at once', () => {
  expect(identify(verified(claims), 990)).toEqual({
    kind: 'identified',
    identity: { source: 'envoy-jwt', subject: 'alice', roles: ['manager'], claims, expires_at: 1000, expires_in: 10 },
  });
});

test('a token without verified claims is refused and not anonymous', () => {
  expect(identify(apart(bearer), 0)).toEqual(invalid('malformed_credential'));
  expect(identify(requestWith({ ...apart(bearer), metadata: () => ({}) }), 0)).toEqual(invalid('malformed_credential'));
  expect(identify(apart(), 0)).toEqual({ kind: 'anonymous' });
});

test('a header cannot stand for the metadata', () => {
  const forged = [['jwt_payload', JSON.stringify(claims)] as const, ['x-jwt-payload', 'x'] as const];
  expect(identify(apart(...forged), 0)).toEqual({ kind: 'anonymous' });
});

test.each<[string, JsonValue, string]>([
  ['of another issuer', { ...claims, iss: 'https://evil.example' }, 'claim_invalid'],
  ['for another audience', { ...claims, aud: 'shop' }, 'claim_invalid'],
  ['without an audience', { ...claims, aud: null }, 'claim_invalid'],
  ['without an end', { ...claims, exp: null }, 'claim_invalid'],
  ['that have ended', { ...claims, exp: 984 }, 'expired_token'],
  ['that have not begun', { ...claims, nbf: 996 }, 'claim_invalid'],
  ['without a subject', { ...claims, sub: '' }, 'claim_invalid'],
  ['that are text', JSON.stringify(claims), 'claim_invalid'],
  ['that are a list', [claims], 'claim_invalid'],
  ['that are null', null, 'claim_invalid'],
])('claims %s are refused', (_, value, reason) => {
  expect(identify(verified(value), 990)).toEqual(invalid(reason));
});

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createIdentifier } from '../../../src/identity/identify.js';
import { createTokenFileSource } from '../../../src/identity/token-file.js';
import { apart, encodings } from './request.js';

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const tokens = new Map([
  [hash('alice-token'), { subject: 'alice', roles: ['A', 'B'] }],
  [hash('old.token/+~_-=='), { subject: 'kelly', roles: [], expiresAt: 1000 }],
]);
const identify = createIdentifier([createTokenFileSource(tokens)]);
const authorize = (value: string, now = 0) => identify(apart(['authorization', value]), now);
const invalid = (reason: string) => ({ kind: 'invalid', error: { source: 'token-file', reason } });

test.each(['Bearer alice-token', 'bearer alice-token', 'BEARER   alice-token'])('%j identifies alice', (value) => {
  expect(authorize(value)).toEqual({
    kind: 'identified',
    identity: { source: 'token-file', subject: 'alice', roles: ['A', 'B'] },
  });
});

test('a token ends at its expiry, which the identity names', () => {
  const value = 'Bearer old.token/+~_-==';
  expect(authorize(value, 999)).toEqual({
    kind: 'identified',
    identity: { source: 'token-file', subject: 'kelly', roles: [], expires_at: 1000, expires_in: 1 },
  });
  expect(authorize(value, 1000)).toEqual(invalid('expired_token'));
});

test('no credential is anonymous', () => {
  expect(identify(apart(), 0)).toEqual({ kind: 'anonymous' });
});

test('A-12 A-47 a role header changes nothing', () => {
  const forged = [
    ['user_roles', 'ADMIN_ROLE'],
    ['x-user-roles', 'ADMIN_ROLE'],
  ] as const;
  expect(identify(apart(...forged), 0)).toEqual({ kind: 'anonymous' });
  expect(identify(apart(['authorization', 'Bearer alice-token'], ...forged), 0)).toMatchObject({
    identity: { subject: 'alice', roles: ['A', 'B'] },
  });
});

test('C-11 the text of the Authorization header is no user name', () => {
  expect(authorize('alice')).toEqual(invalid('malformed_credential'));
});

test.each(['Bearer nobody', `Bearer ${hash('alice-token')}`, 'Bearer alice-toke', 'Bearer ALICE-TOKEN'])(
  '%j is unknown, not anonymous',
  (value) => {
    expect(authorize(value)).toEqual(invalid('unknown_token'));
  },
);

test.each([
  '',
  'Bearer',
  'Bearer ',
  'Bearer\talice-token',
  'Bearer alice-token ',
  'Bearer alice token',
  'Bearer "alice-token"',
  'Bearer =alice-token',
  'Bearer älice-token',
  'Bearer:alice-token',
  'BearerX alice-token',
  'Basic YWxpY2U6eA==',
  'Digest username="a", realm="b"',
  '\u0000',
])('%j is malformed, not anonymous', (value) => {
  expect(authorize(value)).toEqual(invalid('malformed_credential'));
});

describe.each(encodings)('in the encoding %s', (_, request) => {
  test.each([
    ['Bearer alice-token', 'Bearer alice-token'],
    ['Bearer alice-token', 'Basic YWxpY2U6eA=='],
    ['Basic YWxpY2U6eA==', 'Bearer alice-token'],
    ['alice', 'Bearer alice-token'],
    ['', 'bearer alice-token'],
  ])('two credentials are refused: %j and %j', (one, other) => {
    const caller = identify(request(['authorization', one], ['authorization', other]), 0);
    expect(caller).toEqual(invalid('ambiguous_credential'));
  });
});

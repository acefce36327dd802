import { expect, test } from 'vitest';
import { PortcullisError } from '../../../src/errors/portcullis-error.js';
import { createIdentifier } from '../../../src/identity/identify.js';
import type { Finding, IdentitySource } from '../../../src/identity/source.js';
import { createTokenFileSource } from '../../../src/identity/token-file.js';
import { createTrustedHeaderSource } from '../../../src/identity/trusted-header.js';
import { apart } from './request.js';

const tokenFile = createTokenFileSource(new Map());
const trustedHeader = createTrustedHeaderSource({
  roles: 'x-user-roles',
  underscore_alias: false,
  trusted_peers: ['127.0.0.1'],
  unsafe_any_peer: false,
});
const credentials = { headers: [], cookies: [] };
const never: IdentitySource = {
  kind: 'never',
  credentials,
  identify: () => {
    throw new Error('asked, although a source before it had decided');
  },
};
const later = (finding: Finding): IdentitySource => ({ kind: 'later', credentials, identify: async () => finding });
const alice = { kind: 'identified', identity: { source: 'later', subject: 'alice', roles: [] } } as const;
const admin = ['x-user-roles', 'ADMIN_ROLE'] as const;

test('without sources everyone is anonymous', () => {
  expect(createIdentifier([])(apart(['authorization', 'Bearer x']), 0)).toEqual({ kind: 'anonymous' });
});

test('a source that finds nothing leaves it to the next', () => {
  expect(createIdentifier([tokenFile, trustedHeader])(apart(admin), 0)).toMatchObject({ kind: 'identified' });
});

test('an invalid credential is not made up for by another one', () => {
  const request = apart(['authorization', 'Bearer unknown'], admin);
  expect(createIdentifier([tokenFile, never])(request, 0)).toMatchObject({ error: { reason: 'unknown_token' } });
});

test('the first source with a credential decides', () => {
  const request = apart(['authorization', 'Bearer unknown'], admin);
  expect(createIdentifier([trustedHeader, never])(request, 0)).toMatchObject({ identity: { roles: ['ADMIN_ROLE'] } });
});

test('a credential that a source does not understand is left to the next, and invalid when none takes it', () => {
  const basic = ['authorization', 'Basic eA=='] as const;
  const identify = createIdentifier([tokenFile, trustedHeader]);
  expect(identify(apart(basic, admin), 0)).toMatchObject({ kind: 'identified' });
  expect(identify(apart(basic), 0)).toEqual({
    kind: 'invalid',
    error: { source: 'token-file', reason: 'malformed_credential' },
  });
});

test('sources may answer later, in the same order', async () => {
  const nothing = later({ kind: 'anonymous' });
  expect(await createIdentifier([nothing, later(alice), never])(apart(), 0)).toEqual(alice);
  expect(await createIdentifier([nothing, nothing])(apart(), 0)).toEqual({ kind: 'anonymous' });
  const basic = apart(['authorization', 'Basic eA==']);
  expect(await createIdentifier([tokenFile, nothing])(basic, 0)).toMatchObject({ kind: 'invalid' });
});

test('a source that cannot tell ends the search: no later one makes up for it', async () => {
  const outage = {
    kind: 'unavailable',
    source: 'later',
    error: new PortcullisError('identity_unavailable', ''),
  } as const;
  expect(await createIdentifier([later(outage), never])(apart(), 0)).toBe(outage);
});

test('who has an end is told how long it is until then', () => {
  const ends: Finding = { kind: 'identified', identity: { ...alice.identity, expires_at: 1000 } };
  const source: IdentitySource = { kind: 'later', credentials, identify: () => ends };
  expect(createIdentifier([source])(apart(), 990.5)).toMatchObject({ identity: { expires_in: 9 } });
  expect(createIdentifier([source])(apart(), 2000)).toMatchObject({ identity: { expires_in: 0 } });
});

test('sources that answer at once are answered at once', () => {
  expect(createIdentifier([tokenFile, trustedHeader])(apart(admin), 0)).not.toBeInstanceOf(Promise);
});

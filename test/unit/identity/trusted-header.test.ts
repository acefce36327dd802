import { describe, expect, test } from 'vitest';
import { createTrustedHeaderSource } from '../../../src/identity/trusted-header.js';
import { apart, encodings, peer, requestWith } from './request.js';

const options = { roles: 'x-user-roles', trusted_peers: ['127.0.0.0/8', 'fd00::/8'], unsafe_any_peer: false };
const plain = createTrustedHeaderSource({ ...options, subject: 'x-user', underscore_alias: false });
const withAlias = createTrustedHeaderSource({ ...options, underscore_alias: true });
const ambiguous = { kind: 'invalid', error: { source: 'trusted-header', reason: 'ambiguous_credential' } };
const identified = (subject: string, roles: string[]) => ({
  kind: 'identified',
  identity: { source: 'trusted-header', subject, roles },
});

describe.each(encodings)('in the encoding %s', (_, request) => {
  test('A-44 roles are split on commas, trimmed, and empty ones dropped', () => {
    const value = ' ADMIN_ROLE ,\tAUDITOR,, ,USER';
    expect(plain.identify(request(['x-user-roles', value]), 0)).toEqual(
      identified('', ['ADMIN_ROLE', 'AUDITOR', 'USER']),
    );
  });

  test.each(['', ' ', ',', ' , ,'])('A-44 a header of %j holds no roles', (value) => {
    expect(plain.identify(request(['x-user-roles', value]), 0)).toEqual({ kind: 'anonymous' });
    expect(plain.identify(request(['x-user', 'alice'], ['x-user-roles', value]), 0)).toEqual(identified('alice', []));
  });

  test('A-45 repeated role headers are one list', () => {
    const lines = [
      ['x-user-roles', 'A'],
      ['x-user-roles', 'B, C'],
    ] as const;
    expect(plain.identify(request(...lines), 0)).toEqual(identified('', ['A', 'B', 'C']));
  });

  test('A-12 A-55 the other spelling is believed where it is switched on, as the client sent it', () => {
    const forged = request(['user_roles', 'ADMIN_ROLE']);
    expect(withAlias.identify(forged, 0)).toEqual(identified('', ['ADMIN_ROLE']));
    expect(plain.identify(forged, 0)).toEqual({ kind: 'anonymous' });
  });

  test('A-55 both spellings are refused, empty ones too', () => {
    const both = (one: string, other: string) => request(['x-user-roles', one], ['user_roles', other]);
    expect(withAlias.identify(both('A', 'A'), 0)).toEqual(ambiguous);
    expect(withAlias.identify(both('', 'A'), 0)).toEqual(ambiguous);
    expect(plain.identify(both('A', 'B'), 0)).toEqual(identified('', ['A']));
  });

  test('two user names are refused', () => {
    expect(plain.identify(request(['x-user', 'alice'], ['x-user', 'admin']), 0)).toEqual(ambiguous);
  });

  test('without either header the caller is anonymous', () => {
    expect(plain.identify(request(['x-other', 'a']), 0)).toEqual({ kind: 'anonymous' });
    expect(withAlias.identify(request(['x-user', 'alice']), 0)).toEqual({ kind: 'anonymous' });
  });
});

test('a character that is no blank of HTTP stays part of a role', () => {
  const request = apart(['x-user-roles', '\u00a0ADMIN_ROLE']);
  expect(plain.identify(request, 0)).toEqual(identified('', ['\u00a0ADMIN_ROLE']));
});

describe('A-55 whose headers are believed:', () => {
  const from = (address: string | undefined) =>
    requestWith({ ...apart(['x-user-roles', 'ADMIN_ROLE'], ['x-forwarded-for', '127.0.0.1']), peer: peer(address) });
  const untrusted = { kind: 'invalid', error: { source: 'trusted-header', reason: 'untrusted_peer' } };

  test.each(['127.0.0.1', '127.9.9.9', '::ffff:127.0.0.1', 'fd00::1'])('those of %s', (address) => {
    expect(plain.identify(from(address), 0)).toEqual(identified('', ['ADMIN_ROLE']));
  });

  test.each(['10.0.0.1', '128.0.0.1', '::1', '::ffff:10.0.0.1', 'fe80::1', '', 'localhost', undefined])(
    'not those of %s, who is not anonymous either',
    (address) => {
      expect(plain.identify(from(address), 0)).toEqual(untrusted);
    },
  );

  test('one who sends none of these headers is anonymous, from wherever', () => {
    expect(plain.identify(requestWith({ peer: peer('10.0.0.1') }), 0)).toEqual({ kind: 'anonymous' });
  });

  test('everyone where it is asked for', () => {
    const unsafe = createTrustedHeaderSource({ ...options, unsafe_any_peer: true, underscore_alias: false });
    expect(unsafe.identify(from('10.0.0.1'), 0)).toEqual(identified('', ['ADMIN_ROLE']));
    expect(unsafe.identify(from(undefined), 0)).toEqual(identified('', ['ADMIN_ROLE']));
  });
});

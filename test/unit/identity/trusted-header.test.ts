import { describe, expect, test } from 'vitest';
import { createTrustedHeaderSource } from '../../../src/identity/trusted-header.js';
import { encodings } from './request.js';

const plain = createTrustedHeaderSource({ subject: 'x-user', roles: 'x-user-roles', underscore_alias: false });
const withAlias = createTrustedHeaderSource({ roles: 'x-user-roles', underscore_alias: true });
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
  const request = { values: (name: string) => (name === 'x-user-roles' ? ['\u00a0ADMIN_ROLE'] : []) };
  expect(plain.identify(request, 0)).toEqual(identified('', ['\u00a0ADMIN_ROLE']));
});

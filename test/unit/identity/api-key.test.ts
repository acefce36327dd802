import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApiKeyFileSource } from '../../../src/identity/api-key.js';
import { createIdentifier } from '../../../src/identity/identify.js';
import { apart, encodings } from './request.js';

const hash = (key: string) => createHash('sha256').update(key).digest('hex');
const good = 'key_0123456789abcdefghij';
const old = 'old_0123456789abcdefghij';
const owners = new Map([
  [hash(good), { subject: 'billing', roles: ['reader'] }],
  [hash(old), { subject: 'former', roles: [], expiresAt: 1000 }],
]);
const identify = createIdentifier([createApiKeyFileSource('x-api-key', owners)]);
const invalid = (reason: string) => ({ kind: 'invalid', error: { source: 'api-key', reason } });

test('A-47 a key that the file lists identifies its owner, at once', () => {
  expect(identify(apart(['x-api-key', good]), 0)).toEqual({
    kind: 'identified',
    identity: { source: 'api-key', subject: 'billing', roles: ['reader'] },
  });
  expect(identify(apart(), 0)).toEqual({ kind: 'anonymous' });
  expect(identify(apart(['authorization', `Bearer ${good}`], ['x_api_key', good]), 0)).toEqual({ kind: 'anonymous' });
});

test('a key ends', () => {
  expect(identify(apart(['x-api-key', old]), 999)).toMatchObject({ identity: { expires_in: 1 } });
  expect(identify(apart(['x-api-key', old]), 1000)).toEqual(invalid('expired_token'));
});

test.each([hash(good), good.toUpperCase(), `${good}x`])('%s is unknown', (key) => {
  expect(identify(apart(['x-api-key', key]), 0)).toEqual(invalid('unknown_token'));
});

test.each(['', 'short', `${good} `, ` ${good}`, `${good}\u0000`, 'ä'.repeat(30), 'x'.repeat(513)])(
  '%j is malformed',
  (key) => {
    expect(identify(apart(['x-api-key', key]), 0)).toEqual(invalid('malformed_credential'));
  },
);

describe.each(encodings)('in the encoding %s', (_, request) => {
  test('two keys are refused, even if they are equal', () => {
    expect(identify(request(['x-api-key', good], ['x-api-key', good]), 0)).toEqual(invalid('ambiguous_credential'));
  });
});

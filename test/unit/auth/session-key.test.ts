import { expect, test } from 'vitest';
import { foldEmail } from '../../../examples/auth/accounts/email.js';
import { isToken, newToken, redisKeyOf } from '../../../examples/auth/sessions/token.js';

test('D-21 the name of a key is that of the vector in docs/session-format.md', () => {
  const secret = Buffer.from('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 'base64');
  const token = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
  expect(redisKeyOf(token, { id: 'k1', secret })).toBe(
    'session:k1:780901c936de21398ac957512c302fa80cc0e98bcae7b532b6798a8b75a5b64f',
  );
});

test('D-20 a token is 32 random bytes in lower-case hexadecimal', () => {
  const tokens = Array.from({ length: 100 }, newToken);
  expect(new Set(tokens).size).toBe(100);
  for (const token of tokens) expect(isToken(token)).toBe(true);
  for (const other of ['', 'A'.repeat(64), '0'.repeat(63), `${'0'.repeat(64)}\n`]) expect(isToken(other)).toBe(false);
});

test('D-32 an address is folded only where folding cannot make it another', () => {
  expect(foldEmail('Kelly@Example.ORG')).toBe('kelly@example.org');
  expect(foldEmail('\u212aelly@example.org')).toBeUndefined();
  expect(foldEmail('kelly@example.org\n')).toBeUndefined();
});

import { createHmac, randomBytes } from 'node:crypto';
import type { SessionKey } from './key-file.js';

/** 32 random bytes in hexadecimal: what the client holds, and nobody keeps. */
export function newToken(): string {
  return randomBytes(32).toString('hex');
}

const tokenForm = /^[0-9a-f]{64}$/;

export function isToken(text: string): boolean {
  return tokenForm.test(text);
}

/**
 * The name of the Redis key of a token. With the HMAC, whoever reads Redis can neither use a token nor try one, and
 * whoever can write there cannot make up a session without the secret.
 */
export function redisKeyOf(token: string, { id, secret }: SessionKey): string {
  return `session:${id}:${createHmac('sha256', secret).update(token).digest('hex')}`;
}

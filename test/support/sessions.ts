import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { RedisServer } from './redis-server.js';

// The writer's side of docs/session-format.md, written from that page and not from the reader's code.

export const hmacKeys = {
  current: { id: 'k2', secret_base64: Buffer.alloc(32, 2).toString('base64') },
  former: { id: 'k1', secret_base64: Buffer.alloc(32, 1).toString('base64') },
  unknown: { id: 'k0', secret_base64: Buffer.alloc(32, 0).toString('base64') },
};

export type HmacKeyEntry = (typeof hmacKeys)['current'];

export interface Session {
  readonly token: string;
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A new session of alice that ends in ten minutes. */
export function newSession(
  fields: Readonly<Record<string, string>> = {},
  key: HmacKeyEntry = hmacKeys.current,
): Session {
  const token = randomBytes(32).toString('hex');
  const hash = createHmac('sha256', Buffer.from(key.secret_base64, 'base64')).update(token).digest('hex');
  const now = Math.floor(Date.now() / 1000);
  return {
    token,
    key: `session:${key.id}:${hash}`,
    fields: {
      email: 'alice@example.org',
      subject: '42',
      roles: '["manager"]',
      created_at: String(now),
      expires_at: String(now + 600),
      session: randomUUID(),
      ...fields,
    },
  };
}

/** Writes a session in one step. */
export async function writeSession(redis: RedisServer, session: Session = newSession()): Promise<Session> {
  const fields = Object.entries(session.fields).flat();
  await redis.transaction(['HSET', session.key, ...fields], ['EXPIRE', session.key, '600']);
  return session;
}

/** @param tell whether the message is published */
export async function revokeSession(redis: RedisServer, { key }: Session, tell = true): Promise<void> {
  await redis.command('DEL', key);
  if (tell) await redis.command('PUBLISH', 'portcullis:revoked', key);
}

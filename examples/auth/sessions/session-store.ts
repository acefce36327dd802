import { z } from 'zod';
import type { KeyRing } from './key-ring.js';
import type { Redis } from './redis.js';
import { isToken } from './token.js';

/** What Redis holds for a token; see docs/session-format.md. */
export interface StoredSession {
  readonly session: string;
  readonly subject: string;
  readonly email: string;
  readonly roles: readonly string[];
  /** Seconds since 1970. */
  readonly created_at: number;
  /** Seconds since 1970. */
  readonly expires_at: number;
}

/** Where a message about each revoked session is published: the name of its key. */
const revokedChannel = 'portcullis:revoked';

const seconds = z
  .string()
  .regex(/^\d{1,12}$/)
  .transform(Number);
const storedForm = z.object({
  session: z.uuid(),
  subject: z.string().regex(/^\d{1,10}$/),
  email: z.string(),
  created_at: seconds,
  expires_at: seconds,
});

/**
 * Only of a session that is still there: one that was revoked a moment ago must not come back as a hash that has
 * nothing but `expires_at`.
 */
const prolong = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'expires_at', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`;

/** Sessions in Redis. Each method throws `StoreUnavailable`. */
export class SessionStore {
  readonly #redis: Redis;
  readonly #keys: KeyRing;

  constructor(redis: Redis, keys: KeyRing) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Fields and lifetime in one transaction: a crash in between would leave a token that never expires. */
  async write(name: string, session: StoredSession): Promise<void> {
    const fields = {
      session: session.session,
      subject: session.subject,
      email: session.email,
      roles: JSON.stringify(session.roles),
      created_at: String(session.created_at),
      expires_at: String(session.expires_at),
      auth_level: 'password',
    };
    const lifetime = session.expires_at - session.created_at;
    await this.#redis.run((client) => client.multi().hSet(name, fields).expire(name, lifetime).exec());
  }

  /** The session of a token, wherever among the keys it was written, if it has not ended. */
  async find(token: string, now: number): Promise<Pick<StoredSession, 'session' | 'subject'> | undefined> {
    if (!isToken(token)) return undefined;
    const names = this.#keys.namesOf(token);
    const found = await this.#redis.run((client) => Promise.all(names.map((name) => client.hGetAll(name))));
    // A missing hash is an empty one.
    const hash = found.find((fields) => Object.keys(fields).length > 0);
    const session = storedForm.safeParse({ ...hash });
    return session.success && session.data.expires_at > now ? session.data : undefined;
  }

  /** @returns false if the session is not there any more */
  async prolong(name: string, expiresAt: number, lifetime: number): Promise<boolean> {
    const options = { keys: [name], arguments: [String(expiresAt), String(lifetime)] };
    return (await this.#redis.run((client) => client.eval(prolong, options))) === 1;
  }

  /** First the deletion, then the message: whoever asks again because of it must not find the session. */
  async revoke(names: readonly string[]): Promise<void> {
    await this.#redis.run((client) =>
      Promise.all(names.map((name) => client.multi().del(name).publish(revokedChannel, name).exec())),
    );
  }

  async ping(): Promise<void> {
    await this.#redis.run((client) => client.ping());
  }
}

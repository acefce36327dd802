import { createHmac } from 'node:crypto';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStores } from '../../examples/auth/stores.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { eventually } from '../support/eventually.js';
import { type AuthService, firstKey, goodPassword, newEmail, startAuth, tokenOf } from './support/service.js';

let auth: AuthService;
beforeAll(async () => {
  auth = await startAuth({
    settings: { session: { per_account: 3 } },
  });
});
afterAll(() => auth.stop());

const keyOf = (token: string) =>
  `session:k1:${createHmac('sha256', Buffer.from(firstKey.secret_base64, 'base64')).update(token).digest('hex')}`;
const me = (token?: string) => auth.call('GET', '/accounts/me', token);
const exists = async (token: string) => (await auth.redis.command('EXISTS', keyOf(token))) === 1;

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly address: string;
}

async function sessionsOf(token: string): Promise<Listed[]> {
  return ((await auth.call('GET', '/accounts/me/sessions', token)).json() as { sessions: Listed[] }).sessions;
}

describe('a token', () => {
  test('D-05 D-25 shows the account that it belongs to', async () => {
    const email = newEmail();
    const response = await me(await auth.newToken(email));
    expect(response.status).toBe(200);
    expect(response.json()).toEqual({ id: expect.any(Number), email, active: true, roles: [] });
  });

  test.each([
    ['none', {}],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['the scheme alone', { authorization: 'Bearer' }],
    ['two tokens', { authorization: 'Bearer a b' }],
  ])('D-06 refuses %s with 401', async (_what, headers) => {
    const response = await auth.send('/accounts/me', { headers });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect(response.json()).toEqual({ detail: 'Not authenticated', code: 'not_authenticated' });
  });

  test('D-06 refuses a repeated header, of which another reader could see the other value', async () => {
    const token = await auth.newToken();
    const twice = [
      ['authorization', `Bearer ${token}`],
      ['authorization', `Bearer ${'0'.repeat(64)}`],
    ] as const;
    expect((await auth.send('/accounts/me', { headers: twice })).status).toBe(401);
  });

  test.each([
    ['one that nobody was given', '0'.repeat(64)],
    ['one that is too short', 'abc'],
    ['one in upper case', 'A'.repeat(64)],
    ['the name of a key', 'session:k1:abc'],
    ['a pattern', '*'],
  ])('D-07 refuses %s with 401 and not 500', async (_what, token) => {
    const response = await me(token);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(response.json()).toEqual({ detail: 'Could not validate credentials', code: 'credentials_invalid' });
  });

  test('D-07 refuses one that has expired, also while Redis still holds it', async () => {
    const token = await auth.newToken();
    await auth.redis.command('HSET', keyOf(token), 'expires_at', String(Math.floor(Date.now() / 1000)));
    expect((await me(token)).status).toBe(401);
    const gone = await auth.newToken();
    await auth.redis.command('PEXPIRE', keyOf(gone), '1');
    await eventually(async () => expect((await me(gone)).status).toBe(401));
  });

  test.each(['subject', 'session', 'expires_at', 'created_at', 'email'])(
    'D-07 refuses one whose hash has no %s',
    async (field) => {
      const token = await auth.newToken();
      await auth.redis.command('HDEL', keyOf(token), field);
      expect((await me(token)).status).toBe(401);
    },
  );

  test('D-08 refuses one whose account was deleted', async () => {
    const email = newEmail();
    const token = await auth.newToken(email);
    await auth.query('DELETE FROM account WHERE email = $1', [email]);
    expect((await me(token)).status).toBe(401);
  });

  test('D-09 refuses one whose account was disabled', async () => {
    const email = newEmail();
    const token = await auth.newToken(email);
    await auth.query('UPDATE account SET active = false WHERE email = $1', [email]);
    expect((await me(token)).status).toBe(401);
  });

  test('D-11 refuses one that a Redis from a backup holds again', async () => {
    const token = await auth.newToken();
    const kept = (await auth.redis.command('HGETALL', keyOf(token))) as Record<string, string>;
    await auth.call('POST', '/accounts/logout', token);
    await auth.redis.command('HSET', keyOf(token), ...Object.entries(kept).flat());
    expect((await me(token)).status).toBe(401);
  });
});

describe('ending sessions', () => {
  test('D-11 logout ends this session and no other', async () => {
    const email = newEmail();
    const one = await auth.newToken(email);
    const other = tokenOf(await auth.login(email));
    expect((await auth.call('POST', '/accounts/logout', one)).status).toBe(204);
    expect([await exists(one), await exists(other)]).toEqual([false, true]);
    expect([(await me(one)).status, (await me(other)).status]).toEqual([401, 200]);
    expect((await auth.call('POST', '/accounts/logout', one)).status).toBe(401);
  });

  test('D-11 tells readers which key is gone, after it is gone', async () => {
    const subscriber = createClient({ socket: { host: '127.0.0.1', port: auth.redis.port } });
    await subscriber.connect();
    try {
      const token = await auth.newToken();
      const told: { name: string; there: boolean }[] = [];
      await subscriber.subscribe('portcullis:revoked', async (name) => {
        told.push({ name, there: await exists(token) });
      });
      await auth.call('POST', '/accounts/logout', token);
      await eventually(() => expect(told).toEqual([{ name: keyOf(token), there: false }]));
    } finally {
      subscriber.destroy();
    }
  });

  test('D-11 lists the sessions, and ends all or one of them', async () => {
    const email = newEmail();
    const one = await auth.newToken(email);
    const other = tokenOf(await auth.login(email));
    const listed = await sessionsOf(one);
    expect(listed).toHaveLength(2);
    expect(listed.filter(({ current }) => current)).toHaveLength(1);
    expect(JSON.stringify(listed)).not.toContain(one);
    expect(JSON.stringify(listed)).not.toContain(keyOf(one));

    const its = listed.find(({ current }) => !current)?.id;
    expect((await auth.call('DELETE', `/accounts/me/sessions/${its}`, one)).status).toBe(204);
    expect([(await me(one)).status, (await me(other)).status]).toEqual([200, 401]);

    const third = tokenOf(await auth.login(email));
    expect((await auth.call('DELETE', '/accounts/me/sessions', one)).json()).toEqual({ revoked: 2 });
    expect([(await me(one)).status, (await me(third)).status]).toEqual([401, 401]);
  });

  test('D-11 ends no session of another account', async () => {
    const mine = await auth.newToken();
    const theirs = await auth.newToken();
    const [session] = await sessionsOf(theirs);
    expect((await auth.call('DELETE', `/accounts/me/sessions/${session?.id}`, mine)).status).toBe(404);
    expect((await me(theirs)).status).toBe(200);
    expect((await auth.call('DELETE', '/accounts/me/sessions/1', mine)).status).toBe(400);
  });

  test('D-11 one session more than an account may have ends the oldest', async () => {
    const email = newEmail();
    const tokens = [await auth.newToken(email)];
    for (let more = 0; more < 3; more++) tokens.push(tokenOf(await auth.login(email)));
    expect(await Promise.all(tokens.map(exists))).toEqual([false, true, true, true]);
  });
});

describe('a changed password', () => {
  const change = (token: string, current: string, next: string) =>
    auth.call('PUT', '/accounts/me/password', token, { current_password: current, new_password: next });

  test('D-11 ends all sessions; the new one logs in and the old one does not', async () => {
    const email = newEmail();
    const one = await auth.newToken(email);
    const other = tokenOf(await auth.login(email));
    expect((await change(one, goodPassword, 'an entirely new password')).status).toBe(204);
    expect([(await me(one)).status, (await me(other)).status]).toEqual([401, 401]);
    expect((await auth.login(email)).status).toBe(401);
    expect((await auth.login(email, 'an entirely new password')).status).toBe(200);
  });

  test('D-11 needs the current one', async () => {
    const token = await auth.newToken();
    const response = await change(token, 'not the password', 'an entirely new password');
    expect(response.status).toBe(403);
    expect(response.json()).toMatchObject({ code: 'password_wrong' });
    expect((await me(token)).status).toBe(200);
  });

  test('D-11 leaves no session of a login with the old one that runs at the same time', async () => {
    for (let round = 0; round < 8; round++) {
      const email = newEmail();
      const token = await auth.newToken(email);
      const logins = Array.from({ length: 3 }, () => auth.login(email));
      await change(token, goodPassword, 'an entirely new password');
      for (const login of await Promise.all(logins)) {
        if (login.status === 200) expect((await me(tokenOf(login))).status).toBe(401);
        else expect(login.status).toBe(401);
      }
    }
  });
});

describe('renewal', () => {
  test('D-23 is off unless the operator wants it', async () => {
    const response = await auth.call('POST', '/accounts/token/renew', await auth.newToken());
    expect(response.status).toBe(409);
    expect(response.json()).toMatchObject({ code: 'renewal_off' });
  });

  test('D-23 gives a valid token another lifetime, but not beyond the longest', async () => {
    const session = { renewal: 'on_request', lifetime: '60s', longest: '90s' };
    const sliding = await startAuth({ redis: auth.redis, settings: { session } });
    try {
      const token = await sliding.newToken();
      const key = keyOf(token);
      await auth.redis.command('EXPIRE', key, '5');
      expect((await sliding.call('POST', '/accounts/token/renew', token)).json()).toEqual({ expires_in: 60 });
      const ttl = Number(await auth.redis.command('TTL', key));
      expect(ttl).toBeGreaterThan(50);
      const end = Number(await auth.redis.command('HGET', key, 'expires_at'));
      expect(Math.abs(end - Date.now() / 1000 - 60)).toBeLessThan(10);

      await sliding.query("UPDATE session SET created_at = created_at - interval '80 seconds'");
      const last = (await sliding.call('POST', '/accounts/token/renew', token)).json() as { expires_in: number };
      expect(last.expires_in).toBeLessThanOrEqual(10);
      await sliding.query("UPDATE session SET created_at = created_at - interval '80 seconds'");
      expect((await sliding.call('POST', '/accounts/token/renew', token)).status).toBe(401);
    } finally {
      await sliding.stop();
    }
  });

  test('D-24 makes no session of what is left when Redis has lost it', async () => {
    const stores = await openStores(auth.config, createLogger('silent'));
    try {
      await stores.redis.ready();
      expect(await stores.sessionStore.prolong('session:k1:lost', 2_000_000_000, 60)).toBe(false);
      expect(await auth.redis.command('EXISTS', 'session:k1:lost')).toBe(0);
    } finally {
      await stores.close();
    }
  });

  test('D-11 does not bring back a session that was revoked meanwhile', async () => {
    const sliding = await startAuth({ redis: auth.redis, settings: { session: { renewal: 'on_request' } } });
    try {
      for (let round = 0; round < 8; round++) {
        const token = await sliding.newToken();
        const renewals = Array.from({ length: 4 }, () => sliding.call('POST', '/accounts/token/renew', token));
        await sliding.call('POST', '/accounts/logout', token);
        await Promise.all(renewals);
        expect(await exists(token)).toBe(false);
      }
    } finally {
      await sliding.stop();
    }
  });
});

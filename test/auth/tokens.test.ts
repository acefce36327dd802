import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AuthService,
  firstKey,
  goodPassword,
  newEmail,
  secondKey,
  startAuth,
  tokenOf,
} from './support/service.js';

let auth: AuthService;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const form = (fields: string) =>
  auth.send('/accounts/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: fields,
  });

const keyOf = (token: string, key = firstKey) =>
  `session:${key.id}:${createHmac('sha256', Buffer.from(key.secret_base64, 'base64')).update(token).digest('hex')}`;

async function hashAt(key: string): Promise<Record<string, string>> {
  return (await auth.redis.command('HGETALL', key)) as Record<string, string>;
}

describe('logging in', () => {
  test('D-03 gives a bearer token for the form', async () => {
    const email = newEmail();
    await auth.register(email);
    const response = await form(`username=${encodeURIComponent(email)}&password=${encodeURIComponent(goodPassword)}`);
    expect(response.status).toBe(200);
    expect(response.json()).toEqual({
      access_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      token_type: 'bearer',
      expires_in: 600,
    });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  test('D-03 takes a form and nothing else', async () => {
    const response = await auth.call('POST', '/accounts/token', undefined, { username: 'a', password: 'b' });
    expect(response.status).toBe(415);
    expect((await form('username=a@example.org')).status).toBe(400);
    expect((await form('username=a@example.org&username=b@example.org&password=x')).status).toBe(400);
    expect((await form('username=a@example.org&password=x&grant_type=authorization_code')).status).toBe(400);
  });

  test('D-04 answers a wrong password and an unknown address alike', async () => {
    const email = newEmail();
    await auth.register(email);
    const wrong = await auth.login(email, 'not the password');
    const unknown = await auth.login(newEmail());
    for (const response of [wrong, unknown]) {
      expect(response.status).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer');
      expect(response.json()).toEqual({ detail: 'Incorrect username or password', code: 'login_invalid' });
    }
    const names = (headers: object) => Object.keys(headers).sort();
    expect(names(wrong.headers)).toEqual(names(unknown.headers));
  });

  test('D-04 takes the same time for an unknown address as for a wrong password', async () => {
    // Work that takes long enough to stand out: without it, an unknown address would be answered many times as fast.
    const slow = await startAuth({
      redis: auth.redis,
      settings: {
        password: { memory: '16MiB', passes: 2 },
        limits: { account_attempts: 1000 },
      },
    });
    try {
      const email = newEmail();
      await slow.register(email);
      const wrong: number[] = [];
      const unknown: number[] = [];
      for (let round = 0; round < 9; round++) {
        wrong.push(await took(() => slow.login(email, 'not the password')));
        unknown.push(await took(() => slow.login(newEmail(), 'not the password')));
      }
      const ratio = median(unknown) / median(wrong);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    } finally {
      await slow.stop();
    }
  });

  test('D-09 answers a disabled account as it answers a wrong password', async () => {
    const email = newEmail();
    await auth.register(email);
    await auth.query('UPDATE account SET active = false WHERE email = $1', [email]);
    const response = await auth.login(email);
    expect(response.status).toBe(401);
    expect(response.json()).toEqual({ detail: 'Incorrect username or password', code: 'login_invalid' });
  });
});

describe('what Redis holds', () => {
  test('D-20 D-21 D-22 is a hash of claims under the HMAC of the token, and not the token', async () => {
    const email = newEmail();
    const { id } = (await auth.register(email)).json() as { id: number };
    await auth.query('UPDATE account SET roles = $2 WHERE id = $1', [id, ['AUDITOR', 'ADMIN_ROLE']]);
    const token = tokenOf(await auth.login(email));
    const hash = await hashAt(keyOf(token));
    expect(hash).toEqual({
      email,
      subject: String(id),
      roles: '["AUDITOR","ADMIN_ROLE"]',
      created_at: expect.stringMatching(/^\d{10}$/),
      expires_at: String(Number(hash['created_at']) + 600),
      session: expect.stringMatching(/^[0-9a-f-]{36}$/),
      auth_level: 'password',
    });
    expect(await everythingIn(auth)).not.toContain(token);
  });

  test('D-21 is found by no other digest of the token', async () => {
    const token = await auth.newToken();
    const secret = Buffer.from(firstKey.secret_base64, 'base64');
    const prefixed = createHash('sha256').update(secret).update(token).digest('hex');
    expect(await auth.redis.command('EXISTS', `session:k1:${prefixed}`)).toBe(0);
    expect(await auth.redis.command('EXISTS', keyOf(token))).toBe(1);
  });

  test('D-23 D-24 ends after ten minutes, unless told otherwise', async () => {
    const ttl = Number(await auth.redis.command('TTL', keyOf(await auth.newToken())));
    expect(ttl).toBeGreaterThan(590);
    expect(ttl).toBeLessThanOrEqual(600);
    const short = await startAuth({ redis: auth.redis, settings: { session: { lifetime: '90s' } } });
    try {
      const other = Number(await auth.redis.command('TTL', keyOf(await short.newToken())));
      expect(other).toBeGreaterThan(80);
      expect(other).toBeLessThanOrEqual(90);
    } finally {
      await short.stop();
    }
  });
});

describe('the file of keys', () => {
  test('D-21 the first key writes, all read, and a key that is dropped ends its sessions', async () => {
    const old = await auth.newToken();
    const status = async (token: string) => (await auth.call('GET', '/accounts/me', token)).status;
    try {
      await auth.writeKeys([secondKey, firstKey]);
      await auth.reloadKeys();
      const young = await auth.newToken();
      expect(await auth.redis.command('EXISTS', keyOf(young, secondKey))).toBe(1);
      expect([await status(old), await status(young)]).toEqual([200, 200]);

      await auth.writeKeys([secondKey]);
      await auth.reloadKeys();
      expect([await status(old), await status(young)]).toEqual([401, 200]);
    } finally {
      await auth.writeKeys([firstKey]);
      await auth.reloadKeys();
    }
  });

  test('D-21 a file that is not valid leaves the keys in force, and the message shows no secret', async () => {
    const token = await auth.newToken();
    const secret = Buffer.alloc(16, 7).toString('base64');
    await auth.writeKeys([{ id: 'k9', secret_base64: secret }]);
    const failure = await auth.reloadKeys().then(() => '', String);
    expect(failure).toContain('at least 32 bytes');
    expect(failure).not.toContain(secret);
    expect((await auth.call('GET', '/accounts/me', token)).status).toBe(200);
    await auth.writeKeys([firstKey]);
  });
});

async function everythingIn({ redis, query }: AuthService): Promise<string> {
  const keys = (await redis.command('KEYS', '*')) as string[];
  const hashes = await Promise.all(
    keys.filter((key) => key.startsWith('session:')).map((key) => redis.command('HGETALL', key)),
  );
  return JSON.stringify([keys, hashes, await query('SELECT * FROM account'), await query('SELECT * FROM session')]);
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

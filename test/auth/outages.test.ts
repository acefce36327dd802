import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { startRedis } from '../support/redis-server.js';
import { type AuthService, goodPassword, newEmail, startAuth, tokenOf } from './support/service.js';
import { type Relay, startRelay } from './support/tcp-relay.js';

let postgres: PostgresServer;
let relay: Relay;
let auth: AuthService;
beforeAll(async () => {
  postgres = await startPostgres();
  const redis = await startRedis();
  relay = await startRelay(redis.address);
  const settings = { redis: { timeout: '700ms' }, database: { timeout: '1500ms' } };
  auth = await startAuth({ postgres: postgres.address, redis, redisAddress: relay.address, settings });
});
afterAll(async () => {
  await auth.stop();
  await relay.stop();
  await auth.redis.stop();
  await postgres.stop();
});

const ready = () => auth.send('/readyz');
const untilReady = () => eventually(async () => expect((await ready()).status).toBe(200), { within: 15_000 });

/** What each route answers while a store is away. */
async function answers(token: string, email: string) {
  return {
    register: await auth.register(newEmail()),
    login: await auth.login(email),
    me: await auth.call('GET', '/accounts/me', token),
    list: await auth.call('GET', '/accounts/me/sessions', token),
    logout: await auth.call('POST', '/accounts/logout', token),
    endAll: await auth.call('DELETE', '/accounts/me/sessions', token),
    password: await auth.call('PUT', '/accounts/me/password', token, {
      current_password: goodPassword,
      new_password: 'an entirely new password',
    }),
  };
}

async function expectRefused(token: string, email: string, code: string): Promise<void> {
  for (const [route, response] of Object.entries(await answers(token, email))) {
    expect({ route, status: response.status }).toEqual({ route, status: 503 });
    expect(response.json()).toMatchObject({ code });
    expect(response.headers['retry-after']).toBe('1');
  }
}

describe('D-28 Redis', () => {
  test.each([
    ['is gone', () => auth.redis.kill(), () => auth.redis.restart()],
    ['does not answer', async () => relay.freeze(), async () => relay.thaw()],
  ])('D-28 that %s is 503, told apart from others, and nothing is let through', async (_what, breakIt, mendIt) => {
    const email = newEmail();
    const token = await auth.newToken(email);
    await breakIt();
    await eventually(async () => expect((await auth.call('GET', '/accounts/me', token)).status).toBe(503));
    await expectRefused(token, email, 'session_store_unavailable');
    expect((await ready()).json()).toEqual({ status: 'not_ready', parts: { postgres: 'ok', redis: 'failing' } });
    expect((await auth.send('/livez')).status).toBe(200);
    await mendIt();
    await untilReady();
    expect((await auth.login(email)).status).toBe(200);
  });

  test('D-28 that cannot write is 503, and no session is left behind', async () => {
    const email = newEmail();
    const token = await auth.newToken(email);
    const before = await auth.query('SELECT id FROM session');
    await auth.redis.command('CONFIG', 'SET', 'maxmemory', '1');
    expect((await auth.login(email)).status).toBe(503);
    await auth.redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await auth.query('SELECT id FROM session')).toEqual(before);
    expect((await auth.call('GET', '/accounts/me', token)).status).toBe(200);
  });
});

describe('D-28 Postgres', () => {
  test('D-28 that is gone is 503 with a code of its own, until it is back', async () => {
    const email = newEmail();
    const token = await auth.newToken(email);
    await postgres.kill();
    await eventually(async () => expect((await auth.call('GET', '/accounts/me', token)).status).toBe(503));
    await expectRefused(token, email, 'account_store_unavailable');
    expect((await ready()).json()).toEqual({ status: 'not_ready', parts: { postgres: 'failing', redis: 'ok' } });
    await postgres.restart();
    await untilReady();
    expect((await auth.call('GET', '/accounts/me', token)).status).toBe(200);
  });

  test('D-28 whose connection is cut while Redis is asked is 503, and the service goes on', async () => {
    const email = newEmail();
    await auth.register(email);
    relay.watch = (bytes) => !bytes.includes('HSET');
    const login = auth.login(email);
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'`;
    await eventually(async () => expect(await auth.query(cut)).toHaveLength(1), { every: 5 });
    expect((await login).status).toBe(503);
    relay.watch = () => true;
    await untilReady();
    expect((await auth.login(email)).status).toBe(200);
  });

  test('D-28 whose connections are cut in the middle leaves nothing half-done', async () => {
    const email = newEmail();
    await auth.register(email);
    const logins = Array.from({ length: 6 }, () => auth.login(email));
    await auth.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
    const given = (await Promise.all(logins)).filter(({ status }) => status === 200).map(tokenOf);
    for (const token of given) expect((await auth.call('GET', '/accounts/me', token)).status).toBe(200);
    const rows = await auth.query(
      'SELECT redis_key FROM session JOIN account ON account.id = account_id WHERE email = $1',
      [email],
    );
    expect(rows).toHaveLength(given.length);
  });
});

test('D-12 says that it lives, and that it is ready', async () => {
  expect((await auth.send('/livez')).json()).toEqual({ status: 'ok' });
  const response = await ready();
  expect(response.status).toBe(200);
  expect(response.json()).toEqual({ status: 'ready', parts: { postgres: 'ok', redis: 'ok' } });
});

test('D-28 nothing of the inside is in an answer, and the cause is in the log', async () => {
  await auth.redis.kill();
  const response = await auth.call('GET', '/accounts/me', '0'.repeat(64));
  expect(response.status).toBe(503);
  expect(response.body).not.toMatch(/ECONN|redis|127\.0\.0\.1|socket/i);
  expect(auth.logText()).toMatch(/ECONNREFUSED|Socket closed|offline/i);
  await auth.redis.restart();
  await untilReady();
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { type AuthOptions, type AuthService, goodPassword, newEmail, startAuth } from './support/service.js';

let redis: RedisServer;
const started: AuthService[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await Promise.all(started.map((auth) => auth.stop()));
  await redis.stop();
});

/** Each test begins without attempts. */
async function start(limits: object, more: AuthOptions = {}): Promise<AuthService> {
  const auth = await startAuth({ redis, ...more, settings: { ...more.settings, limits } });
  started.push(auth);
  if (more.database === undefined) await redis.command('FLUSHALL');
  return auth;
}

const statuses = async (answers: Promise<{ status: number }>[]) =>
  (await Promise.all(answers)).map(({ status }) => status).sort();

test('D-04 wrong passwords lock an account, also for the right one, until the window ends', async () => {
  const auth = await start({ account_attempts: 3, account_window: '1h' });
  const email = newEmail();
  await auth.register(email);
  for (let guess = 0; guess < 3; guess++) expect((await auth.login(email, `guess ${guess}`)).status).toBe(401);
  const locked = await auth.login(email);
  expect(locked.status).toBe(429);
  expect(Number(locked.headers['retry-after'])).toBeGreaterThan(3500);
  expect(locked.json()).toMatchObject({ code: 'too_many_attempts' });

  const [counter = ''] = (await redis.command('KEYS', 'auth:attempts:account:*')) as string[];
  await redis.command('PEXPIRE', counter, '0');
  expect((await auth.login(email)).status).toBe(200);
});

test('D-04 an address without an account is locked like one with', async () => {
  const auth = await start({ account_attempts: 2 });
  const email = newEmail();
  expect((await auth.login(email)).status).toBe(401);
  expect((await auth.login(email.toUpperCase())).status).toBe(401);
  expect((await auth.login(email)).status).toBe(429);
});

test('D-04 guesses sent at once are no more than guesses sent one by one', async () => {
  const auth = await start({ account_attempts: 5 });
  const email = newEmail();
  await auth.register(email);
  const guesses = Array.from({ length: 20 }, (_, index) => auth.login(email, `guess ${index}`));
  expect(await statuses(guesses)).toEqual([...Array(5).fill(401), ...Array(15).fill(429)]);
});

test('D-04 a login makes the attempts before it count no more', async () => {
  const auth = await start({ account_attempts: 3 });
  const email = newEmail();
  await auth.register(email);
  for (let round = 0; round < 3; round++) {
    await auth.login(email, 'not the password');
    await auth.login(email, 'not the password');
    expect((await auth.login(email)).status).toBe(200);
  }
});

test('D-04 instances count together', async () => {
  const one = await start({ account_attempts: 2 });
  const other = await start({ account_attempts: 2 }, { database: one.database });
  const email = newEmail();
  await one.register(email);
  await one.login(email, 'not the password');
  await other.login(email, 'not the password');
  expect((await one.login(email)).status).toBe(429);
});

test('D-04 one address may try only so often, and then locks nobody', async () => {
  const auth = await start({ address_attempts: 3, account_attempts: 3 });
  const email = newEmail();
  await auth.register(email);
  for (let attempt = 0; attempt < 3; attempt++) await auth.login(newEmail());
  for (let attempt = 0; attempt < 5; attempt++) expect((await auth.login(email, 'guess')).status).toBe(429);
  await redis.command('DEL', 'auth:attempts:address:127.0.0.1');
  expect((await auth.login(email)).status).toBe(200);
});

test('D-01 one address may register only so often', async () => {
  const auth = await start({ registrations: 2 });
  expect((await auth.register(newEmail())).status).toBe(201);
  expect((await auth.register(newEmail())).status).toBe(201);
  const refused = await auth.register(newEmail());
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3000);
});

test('D-04 the address is that of the connection, and of a header only when a trusted proxy writes it', async () => {
  const attempt = (auth: AuthService, address: string) =>
    auth.send('/accounts/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': address },
      body: 'username=a@example.org&password=b',
    });
  const direct = await start({ address_attempts: 1 });
  await attempt(direct, '192.0.2.1');
  expect((await attempt(direct, '192.0.2.2')).status).toBe(429);

  const behind = await start(
    { address_attempts: 1 },
    { settings: { server: { trusted_proxies: ['127.0.0.1', '198.51.100.0/24'] } } },
  );
  expect((await attempt(behind, '192.0.2.1')).status).toBe(401);
  expect((await attempt(behind, '192.0.2.2')).status).toBe(401);
  // What the client wrote stands to the left of what the proxies added, and does not make it another client.
  expect((await attempt(behind, '203.0.113.9, 192.0.2.1')).status).toBe(429);
  expect((await attempt(behind, '203.0.113.9, 192.0.2.1, 198.51.100.7')).status).toBe(429);
  // Of IPv6, a whole network is one client.
  expect((await attempt(behind, '2001:db8::1')).status).toBe(401);
  expect((await attempt(behind, '2001:db8::ffff:2')).status).toBe(429);
  expect((await attempt(behind, '2001:db8:0:1::1')).status).toBe(401);
});

test('D-11 whoever holds a token cannot guess the password with it', async () => {
  const auth = await start({ account_attempts: 3 });
  const token = await auth.newToken();
  const change = (current: string) =>
    auth.call('PUT', '/accounts/me/password', token, {
      current_password: current,
      new_password: 'an entirely new one',
    });
  for (let guess = 0; guess < 3; guess++) expect((await change(`guess ${guess}`)).status).toBe(403);
  expect((await change(goodPassword)).status).toBe(429);
});

test('D-04 more passwords at once than may wait are refused with 503, not queued without end', async () => {
  const auth = await start({}, { settings: { password: { memory: '16MiB', passes: 4, at_once: 1, waiting: 1 } } });
  const logins = await statuses(Array.from({ length: 12 }, () => auth.login(newEmail())));
  expect(logins).toContain(401);
  expect(logins).toContain(503);
  expect((await auth.login(newEmail())).status).toBe(401);
});

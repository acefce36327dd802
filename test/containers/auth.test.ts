import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthService, newEmail, startAuth, tokenOf } from '../auth/support/service.js';
import type { RedisServer } from '../support/redis-server.js';

// The images that people run, where the other tests take programs from packages.

const started: StartedTestContainer[] = [];
let auth: AuthService;
beforeAll(async () => {
  const postgres = await new GenericContainer('postgres:15-bookworm')
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withExposedPorts(5432)
    // It starts once to make the database, and then for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  started.push(postgres);
  const redis = await new GenericContainer('redis:7-bookworm').withExposedPorts(6379).start();
  started.push(redis);
  auth = await startAuth({
    postgres: `127.0.0.1:${postgres.getMappedPort(5432)}`,
    redis: inContainer(redis),
  });
}, 120_000);
afterAll(async () => {
  await auth?.stop();
  await Promise.all(started.map((container) => container.stop()));
});

/** As far as the service under test asks for it. */
function inContainer(redis: StartedTestContainer): RedisServer {
  const address = `127.0.0.1:${redis.getMappedPort(6379)}`;
  const command = async (...args: string[]) => (await redis.exec(['redis-cli', ...args])).output.trim();
  return { address, command } as unknown as RedisServer;
}

test('D-01 D-03 D-05 D-11 D-24 an account, a token with an end, and its revocation, on the official images', async () => {
  const email = newEmail();
  expect((await auth.register(email)).status).toBe(201);
  expect((await auth.register(email)).status).toBe(409);
  const token = tokenOf(await auth.login(email));
  expect((await auth.call('GET', '/accounts/me', token)).json()).toMatchObject({ email });
  const key = await auth.redis.command('--raw', 'KEYS', 'session:*');
  expect(Number(await auth.redis.command('--raw', 'TTL', String(key)))).toBeGreaterThan(0);
  expect((await auth.call('POST', '/accounts/logout', token)).status).toBe(204);
  expect((await auth.call('GET', '/accounts/me', token)).status).toBe(401);
  expect(await auth.redis.command('--raw', 'EXISTS', String(key))).toBe('0');
});

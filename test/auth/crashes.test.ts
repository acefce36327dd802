import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { query } from '../support/postgres-server.js';
import { printLogsOnFailure } from '../support/process.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { type AuthProcess, startAuthProcess } from './support/auth-process.js';
import { type AuthService, firstKey, goodPassword, newEmail, prepare, startAuth, tokenOf } from './support/service.js';
import { type Relay, startRelay } from './support/tcp-relay.js';

// The process is killed at the moment at which it has told one store and not yet the other. Another instance, on the
// same stores, then shows what is left.

let redis: RedisServer;
let relay: Relay;
let survivor: AuthService;
let prepared: Awaited<ReturnType<typeof prepare>>;
let doomed: AuthProcess;
beforeAll(async () => {
  redis = await startRedis();
  relay = await startRelay(redis.address);
  survivor = await startAuth({ redis });
  prepared = await prepare({ redis, redisAddress: relay.address, database: survivor.database });
});
afterAll(async () => {
  await survivor.stop();
  await prepared.remove();
  await relay.stop();
  await redis.stop();
});
beforeEach(async () => {
  relay.watch = () => true;
  doomed = await startAuthProcess(prepared.configFile);
});
printLogsOnFailure();

/** Kills the process when it sends a command about a session; `passes` says whether Redis gets it still. */
function killAt(command: string, passes: boolean): void {
  relay.watch = (bytes) => {
    const text = bytes.toString('latin1');
    if (!text.includes(command) || !text.includes('session:')) return true;
    doomed.child.signal('SIGKILL');
    return passes;
  };
}

const keyOf = (token: string) =>
  `session:k1:${createHmac('sha256', Buffer.from(firstKey.secret_base64, 'base64')).update(token).digest('hex')}`;
const sessionKeys = async () => (await redis.command('KEYS', 'session:*')) as string[];
const rowsOf = (email: string) =>
  query(
    inject('postgres'),
    survivor.database,
    'SELECT redis_key FROM session JOIN account ON account.id = account_id WHERE email = $1',
    [email],
  );
const me = async (token: string) => (await survivor.call('GET', '/accounts/me', token)).status;

/** Until Postgres has noticed that the process is gone, what it had begun is neither done nor undone. */
const untilUndone = () =>
  eventually(async () => {
    const open = await query(
      inject('postgres'),
      'postgres',
      "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND xact_start IS NOT NULL AND state <> 'active'",
      [survivor.database],
    );
    expect(open).toEqual([]);
  });

describe('a crash between Postgres and Redis', () => {
  test('D-24 while a session is written, before Redis has it, leaves nothing', async () => {
    const email = newEmail();
    await doomed.register(email);
    const before = await sessionKeys();
    killAt('HSET', false);
    await expect(doomed.login(email)).rejects.toThrow();
    await doomed.child.exited;
    await untilUndone();
    expect(await rowsOf(email)).toEqual([]);
    expect(await sessionKeys()).toEqual(before);
    expect((await survivor.login(email)).status).toBe(200);
  });

  test('D-24 after Redis has it leaves a session that ends by itself and whose token nobody has', async () => {
    const email = newEmail();
    await doomed.register(email);
    const before = await sessionKeys();
    killAt('HSET', true);
    await expect(doomed.login(email)).rejects.toThrow();
    await doomed.child.exited;
    await untilUndone();
    expect(await rowsOf(email)).toEqual([]);
    const left = (await sessionKeys()).filter((key) => !before.includes(key));
    expect(left).toHaveLength(1);
    expect(Number(await redis.command('TTL', left[0] ?? ''))).toBeGreaterThan(0);
    expect((await survivor.login(email)).status).toBe(200);
  });

  test('D-11 while a session is ended, before Redis knows, leaves it whole', async () => {
    const email = newEmail();
    await doomed.register(email);
    const token = tokenOf(await doomed.login(email));
    killAt('DEL', false);
    await expect(doomed.call('POST', '/accounts/logout', token)).rejects.toThrow();
    await untilUndone();
    expect(await me(token)).toBe(200);
    expect(await rowsOf(email)).toHaveLength(1);
    expect((await survivor.call('POST', '/accounts/logout', token)).status).toBe(204);
  });

  test('D-11 after Redis knows leaves it ended', async () => {
    const email = newEmail();
    await doomed.register(email);
    const token = tokenOf(await doomed.login(email));
    killAt('DEL', true);
    await expect(doomed.call('POST', '/accounts/logout', token)).rejects.toThrow();
    await untilUndone();
    await eventually(async () => expect(await redis.command('EXISTS', keyOf(token))).toBe(0));
    expect(await me(token)).toBe(401);
  });

  test('D-11 while a password is changed leaves the old one, and no session that should have ended is hidden', async () => {
    const email = newEmail();
    await doomed.register(email);
    const token = tokenOf(await doomed.login(email));
    killAt('DEL', true);
    const body = { current_password: goodPassword, new_password: 'an entirely new password' };
    await expect(doomed.call('PUT', '/accounts/me/password', token, body)).rejects.toThrow();
    await untilUndone();
    await eventually(async () => expect(await me(token)).toBe(401));
    expect((await survivor.login(email, 'an entirely new password')).status).toBe(401);
    expect((await survivor.login(email)).status).toBe(200);
  });
});

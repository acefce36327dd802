import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrate } from '../../examples/auth/database/migrate.js';
import { openDatabase } from '../../examples/auth/database/open.js';
import { eventually } from '../support/eventually.js';
import { jsonLines } from '../support/json-lines.js';
import { query } from '../support/postgres-server.js';
import { printLogsOnFailure, temporaryFolder } from '../support/process.js';
import { type AuthProcess, runCommand, startAuthProcess } from './support/auth-process.js';
import { firstKey, newEmail, prepare, secondKey, tokenOf } from './support/service.js';

let prepared: Awaited<ReturnType<typeof prepare>>;
beforeAll(async () => {
  prepared = await prepare({});
});
afterAll(() => prepared.remove());
printLogsOnFailure();

const sql = (text: string) => query(inject('postgres'), prepared.database, text);

async function withProcess(use: (auth: AuthProcess) => Promise<void>): Promise<void> {
  const auth = await startAuthProcess(prepared.configFile);
  try {
    await use(auth);
  } finally {
    await auth.child.stop();
  }
}

describe('auth serve', () => {
  test('D-12 ends in order on SIGTERM: what has begun is answered, then it exits with 0', async () => {
    const auth = await startAuthProcess(prepared.configFile);
    const email = newEmail();
    await auth.register(email);
    const answers = Promise.all(Array.from({ length: 5 }, () => auth.login(email)));
    await eventually(() => expect(auth.child.stdout.join('')).toContain('login_succeeded'));
    const exit = auth.child.stop();
    for (const answer of await answers) expect(answer.status).toBe(200);
    expect(await exit).toEqual({ code: 0, signal: null });
    const events = jsonLines(auth.child.stdout).map((line) => line['event']);
    expect(events.filter((event) => event === 'login_succeeded')).toHaveLength(5);
  });

  test('D-21 reads the keys again on SIGHUP', () =>
    withProcess(async (auth) => {
      const token = await auth.newToken();
      await prepared.writeKeys([secondKey, firstKey]);
      auth.child.signal('SIGHUP');
      await eventually(() => expect(auth.child.stderr.join('')).toContain('keys read again'));
      expect((await auth.call('GET', '/accounts/me', token)).status).toBe(200);
      await auth.newToken();
      expect(await prepared.redis.command('KEYS', 'session:k2:*')).toHaveLength(1);
      await prepared.writeKeys([firstKey]);
    }));

  test('D-28 starts without its stores, and is ready when they are there', async () => {
    await prepared.redis.kill();
    const auth = await startAuthProcess(prepared.configFile);
    try {
      expect((await auth.send('/readyz')).status).toBe(503);
      await prepared.redis.restart();
      await eventually(async () => expect((await auth.send('/readyz')).status).toBe(200), { within: 10_000 });
    } finally {
      await auth.child.stop();
    }
  });

  test('D-31 is not ready while a migration is missing', async () => {
    const bare = `${prepared.database}_bare`;
    await query(inject('postgres'), 'postgres', `CREATE DATABASE ${bare}`);
    const url = `postgresql://postgres@${prepared.postgres}/${bare}`;
    const auth = await startAuthProcess(prepared.configFile, { AUTH_DATABASE_URL: url });
    try {
      expect((await auth.send('/readyz')).json()).toMatchObject({ parts: { postgres: 'failing' } });
      expect((await runCommand(['migrate', '--config', prepared.configFile], { AUTH_DATABASE_URL: url })).code).toBe(0);
      expect((await auth.send('/readyz')).status).toBe(200);
    } finally {
      await auth.child.stop();
    }
  });
});

describe('auth migrate', () => {
  test('D-31 makes the tables once, however many do it at once, and has nothing to do afterwards', async () => {
    const name = `${prepared.database}_migrated`;
    await query(inject('postgres'), 'postgres', `CREATE DATABASE ${name}`);
    const url = `postgresql://postgres@${prepared.postgres}/${name}`;
    const settings = { ...prepared.config.database, url };
    const several = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const { database, close } = await openDatabase(settings, () => {});
        return migrate(database).finally(close);
      }),
    );
    expect(several.flat().sort()).toEqual(['0001-accounts', '0002-sessions']);
    const again = await runCommand(['migrate', '--config', prepared.configFile], { AUTH_DATABASE_URL: url });
    expect(again).toMatchObject({ code: 0, stdout: 'nothing to migrate' });
  });

  test('D-30 D-35 an account has a key, an address that is unique, and what else there is', async () => {
    const columns = await sql(
      "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = 'account' ORDER BY ordinal_position",
    );
    expect(columns).toEqual(
      ['id', 'email', 'password_hash', 'active', 'roles', 'created_at'].map((column_name) => ({
        column_name,
        is_nullable: 'NO',
      })),
    );
  });
});

describe('auth grant', () => {
  test('D-22 makes the first administrator and ends the sessions of before', () =>
    withProcess(async (auth) => {
      const email = newEmail();
      const before = await auth.newToken(email);
      const run = await runCommand(['grant', '--config', prepared.configFile, email.toUpperCase(), 'ADMIN_ROLE']);
      expect(run).toMatchObject({ code: 0 });
      expect(JSON.parse(run.stdout)).toMatchObject({ event: 'roles_changed', roles: ['ADMIN_ROLE'] });
      expect((await auth.call('GET', '/accounts/me', before)).status).toBe(401);
      const admin = tokenOf(await auth.login(email));
      expect((await auth.call('GET', '/accounts', admin)).status).toBe(200);
    }));

  test('D-22 says when there is no such account, or nothing sensible was asked', async () => {
    const grant = (...args: string[]) => runCommand(['grant', '--config', prepared.configFile, ...args]);
    expect(await grant('nobody@example.org', 'A')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no account'),
    });
    expect(await grant('nobody')).toMatchObject({ code: 2 });
    expect(await grant('nobody@example.org', 'A,B')).toMatchObject({ code: 2 });
  });
});

test.each([
  ['127.0.0.1:0', /^http:\/\/127\.0\.0\.1:\d+$/],
  ['0.0.0.0:0', /^http:\/\/0\.0\.0\.0:\d+$/],
  ['[::1]:0', /^http:\/\/\[::1\]:\d+$/],
])('D-12 the log says where it listens, here at %s', async (address, logged) => {
  const auth = await startAuthProcess(prepared.configFile, { AUTH_SERVER_ADDRESS: address });
  try {
    expect(auth.url).toMatch(logged);
    expect((await auth.send('/livez')).status).toBe(200);
  } finally {
    await auth.child.stop();
  }
});

describe('what it is told', () => {
  test('D-34 a configuration that cannot be is refused before anything starts, with its place', async () => {
    const folder = await temporaryFolder();
    const file = `${folder.path}/auth.yaml`;
    await writeFile(
      file,
      [
        'database: { url: "postgresql://auth:hunter2@db/auth" }',
        'session: { keys_file: keys.yaml, lifetim: 5m }',
        'cors: { origins: ["*"], credentials: true }',
      ].join('\n'),
    );
    try {
      const run = await runCommand(['serve', '--config', file], { AUTH_LIMITS_ADRESS_ATTEMPTS: '3' });
      expect(run.code).toBe(2);
      expect(run.stderr).toContain(`${file}:1:18 database.url: wrong value`);
      expect(run.stderr).toContain('session.lifetim: unknown key; did you mean "lifetime"?');
      expect(run.stderr).toContain(
        'AUTH_LIMITS_ADRESS_ATTEMPTS: unknown variable; did you mean "AUTH_LIMITS_ADDRESS_ATTEMPTS"?',
      );
      expect(run.stderr).not.toContain('hunter2');
    } finally {
      await folder.remove();
    }
  });

  test('D-21 a file of keys that is missing or weak keeps it from starting', async () => {
    const missing = await runCommand(['serve', '--config', prepared.configFile], {
      AUTH_SESSION_KEYS_FILE: '/nowhere',
    });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be read') });
  });

  test('D-12 an unknown command gets the usage', async () => {
    expect(await runCommand(['serv'])).toMatchObject({ code: 2, stderr: expect.stringContaining('usage:') });
  });
});

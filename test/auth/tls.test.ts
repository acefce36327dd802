import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Authority, createAuthority } from '../support/certificates.js';
import { type PostgresServer, query, startPostgres } from '../support/postgres-server.js';
import { type TemporaryFolder, temporaryFolder } from '../support/process.js';
import { type RedisServer, startTlsRedis } from '../support/redis-server.js';
import { runCommand } from './support/auth-process.js';
import { type AuthService, newEmail, type Settings, startAuth, tokenOf } from './support/service.js';

// Postgres and Redis that speak TLS alone and ask for certificates.

// Only the address is in it, so that a client which looks for another name finds none.
const address = { names: [['ip', Buffer.of(127, 0, 0, 1)]] } as const;
const authority = createAuthority('Authority of the stores');
const clients = createAuthority('Authority of their clients');
const others = createAuthority('Other authority');

let postgres: PostgresServer;
let redis: RedisServer;
let folder: TemporaryFolder;
let auth: AuthService;
beforeAll(async () => {
  const tls = { server: authority.issue('store', address), clientCa: clients.cert };
  [postgres, redis, folder] = await Promise.all([startPostgres(tls), startTlsRedis(tls), temporaryFolder()]);
  await query(postgres.address, 'postgres', 'CREATE ROLE auth LOGIN SUPERUSER');
  await query(postgres.address, 'postgres', 'CREATE DATABASE auth');
  // Makes the tables too, over TLS.
  auth = await startAuth({ postgres: postgres.address, redis, settings: await reaching({}) });
});
afterAll(async () => {
  await auth?.stop();
  await redis?.stop();
  await postgres?.stop();
  await folder?.remove();
});

interface Trust {
  /** Whose certificates of servers are believed; nobody's: no TLS. */
  readonly servers?: Authority | undefined;
  /** Who issued our own; nobody: there is none. */
  readonly own?: Authority | undefined;
}
const right: Trust = { servers: authority, own: clients };

async function write(name: string, text: string): Promise<string> {
  const path = join(folder.path, `${randomUUID()}-${name}`);
  await writeFile(path, text);
  return path;
}

async function tlsFiles({ servers, own }: Trust): Promise<object> {
  const credential = own?.issue('auth');
  return {
    ...(servers !== undefined && { ca_file: await write('ca.pem', servers.cert) }),
    ...(credential !== undefined && {
      cert_file: await write('tls.crt', credential.cert),
      key_file: await write('tls.key', credential.key),
    }),
  };
}

async function reaching(trust: { readonly postgres?: Trust; readonly redis?: Trust }): Promise<Settings> {
  const toRedis = trust.redis ?? right;
  const scheme = toRedis.servers === undefined ? 'redis' : 'rediss';
  return {
    database: {
      url: `postgresql://auth@${postgres.address}/auth`,
      ...(await tlsFiles(trust.postgres ?? right)),
    },
    redis: { url: `${scheme}://${redis.address}/0`, ...(await tlsFiles(toRedis)) },
  };
}

test('D-20 D-31 accounts and sessions are kept over TLS', async () => {
  const email = newEmail();
  expect((await auth.register(email)).status).toBe(201);
  const token = tokenOf(await auth.login(email));
  expect((await auth.call('GET', '/accounts/me', token)).status).toBe(200);
  expect((await auth.send('/readyz')).json()).toEqual({ status: 'ready', parts: { postgres: 'ok', redis: 'ok' } });
  expect(await query(postgres.address, 'auth', 'SELECT count(*) FROM account')).toEqual([{ count: '1' }]);
  const encrypted = 'SELECT bool_and(ssl) AS all FROM pg_stat_ssl NATURAL JOIN pg_stat_activity WHERE usename = $1';
  expect(await query(postgres.address, 'auth', encrypted, ['auth'])).toEqual([{ all: true }]);
});

const wrong: [string, Trust][] = [
  ['whose authority is not ours', { ...right, servers: others }],
  ['that wants a certificate, and we have none', { ...right, own: undefined }],
  ['that wants one of another authority', { ...right, own: others }],
  ['that speaks TLS, and we do not', {}],
];

async function withService(settings: Settings, use: (service: AuthService) => Promise<void>): Promise<void> {
  const service = await startAuth({ postgres: postgres.address, database: 'auth', redis, settings });
  try {
    await use(service);
  } finally {
    await service.stop();
  }
}

test.each(wrong)('D-28 a Redis %s is 503, and no session is given or believed', async (_what, trust) => {
  const email = newEmail();
  const token = await auth.newToken(email);
  await withService(await reaching({ redis: trust }), async (service) => {
    expect((await service.login(email)).json()).toMatchObject({ code: 'session_store_unavailable' });
    expect((await service.call('GET', '/accounts/me', token)).status).toBe(503);
    expect((await service.send('/readyz')).json()).toMatchObject({ parts: { redis: 'failing' } });
  });
});

test.each(wrong)('D-28 a Postgres %s is 503, and no account is made', async (_what, trust) => {
  const email = newEmail();
  const token = await auth.newToken();
  await withService(await reaching({ postgres: trust }), async (service) => {
    expect((await service.register(email)).json()).toMatchObject({ code: 'account_store_unavailable' });
    expect((await service.call('GET', '/accounts/me', token)).status).toBe(503);
    expect((await service.send('/readyz')).json()).toMatchObject({ parts: { postgres: 'failing' } });
  });
  expect(await query(postgres.address, 'auth', 'SELECT 1 FROM account WHERE email = $1', [email])).toEqual([]);
});

test('D-34 a file of TLS that is not there keeps it from starting, and is named', async () => {
  const run = await runCommand(['serve', '--config', auth.configFile], { AUTH_REDIS_CA_FILE: '/nowhere/ca.pem' });
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('/nowhere/ca.pem') });
});

test('D-28 a Postgres that does not speak TLS is not spoken to without', async () => {
  const settings = await reaching({});
  const url = `postgresql://postgres@${inject('postgres')}/postgres`;
  await withService({ ...settings, database: { ...settings['database'], url } }, async (service) => {
    expect((await service.register(newEmail())).json()).toMatchObject({ code: 'account_store_unavailable' });
  });
});

import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgres } from '../../scripts/tools/find-postgres.js';
import type { Credential } from './certificates.js';
import { freePort } from './ports.js';
import { type Child, lastLines, startChild, waitUntilReady } from './process.js';

export interface PostgresServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly child: Child;
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it at the same address, with what it has committed. */
  restart(): Promise<void>;
}

/** Postgres refuses to run as root, so root lends it this user: `nobody`, on every Linux. */
const lentUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

export interface PostgresTls {
  readonly server: Credential;
  /** PEM of the authority whose certificates all users but `postgres` must show. */
  readonly clientCa: string;
}

/** Starts a real Postgres on a free port of 127.0.0.1, whose user `postgres` needs no password. */
export async function startPostgres(tls?: PostgresTls): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  if (lentUser !== undefined) await chown(folder, lentUser.uid, lentUser.gid);
  const programs = await reachable(await findPostgres(), folder);
  const data = join(folder, 'data');
  await runToEnd(join(programs, 'initdb'), [
    ...['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync'],
    ...['--encoding', 'UTF8', '--no-locale'],
  ]);
  const encryption = tls === undefined ? [] : await encrypt(data, tls);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const start = async () => {
    const child = startChild({
      name: 'postgres',
      program: join(programs, 'postgres'),
      args: [
        ...['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', ''],
        ...['-c', 'shared_buffers=16MB', '-c', 'max_connections=200', '-c', 'log_min_messages=error'],
        ...encryption,
      ],
      user: lentUser,
    });
    await waitUntilReady(child, () => query(address, 'postgres', 'SELECT 1').then(Boolean, () => false));
    return child;
  };
  let child = await start();
  return {
    address,
    get child() {
      return child;
    },
    stop: async () => {
      // "Fast": connections are cut, where SIGTERM would wait for each to end.
      child.signal('SIGINT');
      await child.exited;
      await rm(folder, { recursive: true, force: true });
    },
    // SIGQUIT is its way to crash: SIGKILL would leave its own children running.
    kill: async () => {
      child.signal('SIGQUIT');
      await child.exited;
    },
    restart: async () => {
      child.signal('SIGQUIT');
      await child.exited;
      child = await start();
    },
  };
}

/** TLS with its certificate, and with one of the client for all but the user of the tests themselves. */
async function encrypt(data: string, { server, clientCa }: PostgresTls): Promise<string[]> {
  const users = ['host all postgres 127.0.0.1/32 trust', 'hostssl all all 127.0.0.1/32 trust clientcert=verify-ca'];
  await writeFile(join(data, 'pg_hba.conf'), users.map((line) => `${line}\n`).join(''));
  const files = { ssl_cert_file: server.cert, ssl_key_file: server.key, ssl_ca_file: clientCa };
  for (const [setting, text] of Object.entries(files)) {
    await writeFile(join(data, `${setting}.pem`), text, { mode: 0o600 });
    if (lentUser !== undefined) await chown(join(data, `${setting}.pem`), lentUser.uid, lentUser.gid);
  }
  return ['-c', 'ssl=on', ...Object.keys(files).flatMap((setting) => ['-c', `${setting}=${setting}.pem`])];
}

/** One statement, over a connection of its own. */
export async function query(
  address: string,
  database: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const [host = '', port] = address.split(':');
  const client = new pg.Client({ host, port: Number(port), user: 'postgres', database });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Programs in the home of root cannot be started by anyone else: they are copied. */
async function reachable(programs: string, folder: string): Promise<string> {
  if (lentUser === undefined) return programs;
  const attempt = startChild({
    name: 'postgres',
    program: join(programs, 'postgres'),
    args: ['--version'],
    user: lentUser,
  });
  if ((await attempt.exited).code === 0) return programs;
  await cp(join(programs, '..'), join(folder, 'programs'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'programs', 'bin');
}

async function runToEnd(program: string, args: readonly string[]): Promise<void> {
  const child = startChild({ name: program, program, args, user: lentUser, cwd: tmpdir() });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`${program} ended with ${code}\n${lastLines(child)}`);
}

import { readFile } from 'node:fs/promises';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Config } from '../config/schema.js';
import { readTlsFiles } from '../config/tls-files.js';
import type { Database, Tables } from './tables.js';

export interface OpenDatabase {
  readonly database: Database;
  close(): Promise<void>;
}

/** A pool that connects when it is first needed. `onError` hears of connections that broke while no statement ran. */
export async function openDatabase(
  settings: Config['database'],
  onError: (error: Error) => void,
): Promise<OpenDatabase> {
  const { password_file: passwordFile, timeout } = settings;
  const pool = new pg.Pool({
    ...place(settings.url),
    // As a function, so that a new connection takes the password that is in force now.
    ...(passwordFile !== undefined && { password: async () => (await readFile(passwordFile, 'utf8')).trimEnd() }),
    ...(settings.ca_file !== undefined && { ssl: { ...(await readTlsFiles(settings)), rejectUnauthorized: true } }),
    max: settings.pool,
    application_name: 'portcullis-auth',
    connectionTimeoutMillis: timeout,
    statement_timeout: timeout,
    lock_timeout: timeout,
    // A process that died or hangs in a transaction must not hold its locks.
    idle_in_transaction_session_timeout: 2 * timeout,
    // For a server that does not answer at all, so that its own timeouts help nobody.
    query_timeout: timeout + 500,
    keepAlive: true,
  });
  pool.on('error', onError);
  // The pool listens only to connections that nobody uses. One that breaks inside a transaction, while Redis is asked,
  // would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  const database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { database, close: () => database.destroy() };
}

/** Not left to `pg`, whose reading of URLs depends on parameters and on the environment. */
function place(text: string) {
  const url = new URL(text);
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username || 'auth'),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}

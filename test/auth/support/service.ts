import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../../examples/auth/config/load.js';
import type { Config } from '../../../examples/auth/config/schema.js';
import { migrate } from '../../../examples/auth/database/migrate.js';
import { openDatabase } from '../../../examples/auth/database/open.js';
import { startService } from '../../../examples/auth/service.js';
import { formatProblems } from '../../../src/config/problem.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { type HttpRequest, type HttpResponse, send } from '../../support/http.js';
import { query } from '../../support/postgres-server.js';
import { temporaryFolder } from '../../support/process.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';

export type Settings = { readonly [section: string]: object };

/** As a file of keys would have it. */
export interface KeyEntry {
  readonly id: string;
  readonly secret_base64: string;
}

export const firstKey: KeyEntry = { id: 'k1', secret_base64: Buffer.alloc(32, 1).toString('base64') };
export const secondKey: KeyEntry = { id: 'k2', secret_base64: Buffer.alloc(32, 2).toString('base64') };

export interface AuthOptions {
  readonly settings?: Settings;
  readonly keys?: readonly KeyEntry[];
  /** `127.0.0.1:port`, instead of the Postgres of all tests. */
  readonly postgres?: string;
  /** The name of a database that another instance has made. */
  readonly database?: string;
  /** Instead of a Redis of its own. */
  readonly redis?: RedisServer;
  /** `127.0.0.1:port`, if the service reaches Redis by another way. */
  readonly redisAddress?: string;
}

export interface AuthService {
  readonly url: string;
  readonly redis: RedisServer;
  readonly database: string;
  readonly configFile: string;
  readonly config: Config;
  /** The audit log so far, parsed, and as text. */
  audit(): Record<string, unknown>[];
  auditText(): string;
  /** The log so far, as text. */
  logText(): string;
  send(path: string, request?: HttpRequest): Promise<HttpResponse>;
  /** A JSON request with a token. */
  call(method: string, path: string, token?: string, body?: unknown): Promise<HttpResponse>;
  register(email: string, password?: string): Promise<HttpResponse>;
  login(email: string, password?: string): Promise<HttpResponse>;
  /** Registers an account and logs in. */
  newToken(email?: string): Promise<string>;
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  writeKeys(keys: readonly KeyEntry[]): Promise<void>;
  reloadKeys(): Promise<void>;
  stop(): Promise<void>;
}

export const goodPassword = 'correct horse battery staple';

/** Work for a password that takes no time, so that tests about other things do not wait. */
const cheap = { memory: '8KiB', passes: 1, at_once: 4 };

/** Only tests about limits are meant to meet one. */
const generous = { registrations: 100_000, address_attempts: 100_000 };

/** The configuration file of a service and what it needs, without the service itself. */
export async function prepare(options: AuthOptions) {
  const folder = await temporaryFolder();
  const postgres = options.postgres ?? inject('postgres');
  const database = options.database ?? (await newDatabase(postgres));
  const redis = options.redis ?? (await startRedis());
  const keysFile = join(folder.path, 'keys.yaml');
  const writeKeys = (keys: readonly KeyEntry[]) => writeFile(keysFile, stringify({ keys }));
  await writeKeys(options.keys ?? [firstKey]);
  const configFile = join(folder.path, 'auth.yaml');
  const patience = { timeout: '5s' };
  const file = {
    ...options.settings,
    server: { address: '127.0.0.1:0', ...options.settings?.['server'] },
    database: { url: `postgresql://postgres@${postgres}/${database}`, ...patience, ...options.settings?.['database'] },
    redis: { url: `redis://${options.redisAddress ?? redis.address}/0`, ...patience, ...options.settings?.['redis'] },
    session: { keys_file: keysFile, ...options.settings?.['session'] },
    password: { ...cheap, ...options.settings?.['password'] },
    limits: { ...generous, ...options.settings?.['limits'] },
  };
  await writeFile(configFile, stringify(file));
  const loaded = await loadConfig(configFile, {});
  if (!loaded.ok) throw new Error(formatProblems(loaded.error));
  if (options.database === undefined) await makeTables(loaded.value);
  const remove = async () => {
    if (options.redis === undefined) await redis.stop();
    await folder.remove();
  };
  return { config: loaded.value, configFile, postgres, database, redis, writeKeys, remove };
}

/** Starts the service in this process, on real stores. */
export async function startAuth(options: AuthOptions = {}): Promise<AuthService> {
  const { config, configFile, postgres, database, redis, writeKeys, remove } = await prepare(options);
  const lines: string[] = [];
  const logged: string[] = [];
  const logger = createLogger('debug', { write: (text) => void logged.push(text) });
  const service = await startService(config, { logger, audit: (line) => void lines.push(line) });
  return {
    url: service.address,
    redis,
    database,
    configFile,
    config,
    audit: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    auditText: () => lines.join(''),
    logText: () => logged.join(''),
    ...clientOf(service.address),
    query: (text, values) => query(postgres, database, text, values),
    writeKeys,
    reloadKeys: service.reloadKeys,
    stop: async () => {
      await service.stop();
      await remove();
    },
  };
}

/** Ways to call a service at this URL. */
export function clientOf(url: string) {
  const call = (method: string, path: string, token?: string, body?: unknown) =>
    send(url, path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const register = (email: string, password = goodPassword) =>
    call('POST', '/accounts', undefined, { email, password });
  const login = (email: string, password = goodPassword) =>
    send(url, '/accounts/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ username: email, password }).toString(),
    });
  return {
    call,
    register,
    login,
    send: (path: string, request?: HttpRequest) => send(url, path, request),
    newToken: async (email = newEmail()) => {
      const registered = await register(email);
      if (registered.status !== 201) throw new Error(`not registered: ${registered.status} ${registered.body}`);
      return tokenOf(await login(email));
    },
  };
}

export function tokenOf(response: HttpResponse): string {
  if (response.status !== 200) throw new Error(`no token: ${response.status} ${response.body}`);
  return (response.json() as { access_token: string }).access_token;
}

export function newEmail(): string {
  return `user-${randomUUID()}@example.org`;
}

async function newDatabase(postgres: string): Promise<string> {
  const name = `auth_${randomUUID().replaceAll('-', '')}`;
  await query(postgres, 'postgres', `CREATE DATABASE ${name}`);
  return name;
}

async function makeTables(config: Config): Promise<void> {
  const { database, close } = await openDatabase(config.database, () => {});
  try {
    await migrate(database);
  } finally {
    await close();
  }
}

import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { parseTcpAddress } from '../../src/config/address.js';
import { PortcullisError } from '../../src/errors/portcullis-error.js';
import type { Logger } from '../../src/telemetry/logger.js';
import { Passwords } from './accounts/passwords.js';
import { auditLines } from './audit/audit-log.js';
import type { Config } from './config/schema.js';
import { pendingMigrations } from './database/migrate.js';
import type { Database } from './database/tables.js';
import { buildServer } from './http/server.js';
import { Attempts } from './limits/attempts.js';
import type { Check, Services } from './services.js';
import { openStores, readKeys, type Stores } from './stores.js';

export interface ServiceIo {
  readonly logger: Logger;
  /** Takes a line of the audit log, with its line feed. */
  readonly audit: (line: string) => void;
}

export interface Service {
  /** `http://host:port` */
  readonly address: string;
  /** Reads the file of keys again; rejects if it is not valid, and those in force stay. */
  reloadKeys(): Promise<void>;
  /** Says `not ready`, lets requests end and closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts the service. It starts without Postgres and Redis too: then `/readyz` says so, until they are there.
 * @throws PortcullisError if the file of keys is not valid or the address cannot be listened on
 */
export async function startService(config: Config, { logger, audit }: ServiceIo): Promise<Service> {
  const stores = await openStores(config, logger);
  let stopping = false;
  const app = await buildServer({ ...servicesOf(config, stores, audit), isStopping: () => stopping }, logger);
  const cleaner = setInterval(() => {
    stores.sessions.forgetEnded().catch((err: unknown) => logger.warn({ err }, 'ended sessions were not forgotten'));
  }, cleaningInterval).unref();
  const end = async () => {
    clearInterval(cleaner);
    await close(app, config.shutdown.drain_timeout);
    await stores.close();
  };
  try {
    await app.listen(listenOptions(config.server.address));
    return {
      address: urlOf(app.server.address() as AddressInfo),
      reloadKeys: async () => {
        stores.keys.replace(await readKeys(config));
        logger.info('keys read again');
      },
      stop: async () => {
        stopping = true;
        await wait(config.shutdown.quiet_period);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw PortcullisError.from(error, 'listen_failed');
  }
}

const cleaningInterval = 10 * 60_000;

function servicesOf(config: Config, stores: Stores, audit: ServiceIo['audit']): Omit<Services, 'isStopping'> {
  return {
    ...stores,
    config,
    passwords: new Passwords(config.password),
    attempts: new Attempts(stores.redis, config.limits),
    audit: auditLines(audit),
    checks: { postgres: schemaCheck(stores.database), redis: () => stores.sessionStore.ping() },
  };
}

/** Postgres answers, and has the tables that this release works with. */
function schemaCheck(database: Database): Check {
  return async () => {
    const pending = await pendingMigrations(database);
    if (pending.length > 0) throw new Error(`migrations are missing: ${pending.join(', ')}`);
  };
}

/** Connections that wait for their next request are closed at once, those at work when they have answered. */
async function close(app: FastifyInstance, drainTimeout: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), drainTimeout);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

/** Not what `listen` of Fastify answers, which is 127.0.0.1 for every address of the machine. */
function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function listenOptions(text: string): { host: string; port: number } {
  const address = parseTcpAddress(text);
  if (!address.ok) throw new PortcullisError('config_invalid', address.error);
  return { host: address.value.host, port: address.value.port };
}

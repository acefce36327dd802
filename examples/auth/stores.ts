import { formatProblems } from '../../src/config/problem.js';
import { PortcullisError } from '../../src/errors/portcullis-error.js';
import type { Logger } from '../../src/telemetry/logger.js';
import { AccountStore } from './accounts/account-store.js';
import type { Config } from './config/schema.js';
import { openDatabase } from './database/open.js';
import type { Database } from './database/tables.js';
import { readKeyFile, type SessionKey } from './sessions/key-file.js';
import { KeyRing } from './sessions/key-ring.js';
import { Redis } from './sessions/redis.js';
import { SessionStore } from './sessions/session-store.js';
import { Sessions } from './sessions/sessions.js';

/** What is kept, and where. */
export interface Stores {
  readonly database: Database;
  readonly redis: Redis;
  readonly keys: KeyRing;
  readonly accounts: AccountStore;
  readonly sessionStore: SessionStore;
  readonly sessions: Sessions;
  close(): Promise<void>;
}

/**
 * Opens Postgres and Redis, which need not be there yet.
 * @throws PortcullisError if the file of keys is not valid
 */
export async function openStores(config: Config, logger: Logger): Promise<Stores> {
  const keys = new KeyRing(await readKeys(config));
  const open = await openDatabase(config.database, (err) => logger.warn({ err }, 'connection to Postgres lost'));
  const redis = await Redis.open(config.redis, (err) => logger.warn({ err }, 'no connection to Redis'));
  const sessionStore = new SessionStore(redis, keys);
  return {
    database: open.database,
    redis,
    keys,
    accounts: new AccountStore(open.database),
    sessionStore,
    sessions: new Sessions(open.database, sessionStore, keys, config.session),
    close: async () => {
      await Promise.all([open.close(), redis.close()]);
    },
  };
}

/** @throws PortcullisError */
export async function readKeys(config: Config): Promise<readonly SessionKey[]> {
  const keys = await readKeyFile(config.session.keys_file);
  if (!keys.ok) throw new PortcullisError('config_invalid', formatProblems(keys.error));
  return keys.value;
}

import { randomUUID } from 'node:crypto';
import type { AccountRow } from '../accounts/account.js';
import type { Config } from '../config/schema.js';
import { onPostgres } from '../database/failure.js';
import type { Database, DatabaseTransaction } from '../database/tables.js';
import type { KeyRing } from './key-ring.js';
import type { SessionStore } from './session-store.js';
import { newToken } from './token.js';

/** Where a session was begun. */
export interface Client {
  readonly address: string;
  readonly userAgent: string;
}

export interface IssuedToken {
  readonly token: string;
  readonly session: string;
  /** Seconds. */
  readonly lifetime: number;
}

export interface ListedSession {
  readonly id: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly address: string;
  readonly user_agent: string;
}

export type AccountChange = { active: boolean } | { roles: string[] } | { password_hash: string } | 'delete';

/**
 * Sessions in both stores: Postgres knows which there are, Redis which tokens are good. Redis is always written inside
 * a Postgres transaction that holds the account, which settles two things. A login and a revocation of everything, at
 * the same time, come one after the other, so that no session slips through. And after a crash at any point there is
 * either nothing, or in Redis a session whose token nobody was given and which ends by itself.
 *
 * Each method throws `StoreUnavailable`; then the account is as it was before, though some or all of the sessions that
 * were to end may have ended.
 */
export class Sessions {
  readonly #database: Database;
  readonly #store: SessionStore;
  readonly #keys: KeyRing;
  readonly #settings: Config['session'];

  constructor(database: Database, store: SessionStore, keys: KeyRing, settings: Config['session']) {
    this.#database = database;
    this.#store = store;
    this.#keys = keys;
    this.#settings = settings;
  }

  /** Undefined if the account was disabled or deleted, or its password changed, since it was read. */
  async issue(checked: AccountRow, client: Client): Promise<IssuedToken | undefined> {
    const token = newToken();
    const name = this.#keys.nameOf(token);
    const id = randomUUID();
    const now = Date.now();
    const lifetime = Math.floor(this.#settings.lifetime / 1000);
    const createdAt = Math.floor(now / 1000);
    let written = false;
    const issue = async (transaction: DatabaseTransaction) => {
      const account = await lockAccount(transaction, checked.id);
      if (account === undefined || !account.active || account.password_hash !== checked.password_hash) return undefined;
      await this.#makeRoom(transaction, account.id);
      const row = {
        id,
        account_id: account.id,
        redis_key: name,
        address: client.address,
        user_agent: client.userAgent,
      };
      const expiresAt = createdAt + lifetime;
      await transaction
        .insertInto('session')
        .values({ ...row, created_at: new Date(now), expires_at: new Date(expiresAt * 1000) })
        .execute();
      written = true;
      await this.#store.write(name, {
        session: id,
        subject: String(account.id),
        email: account.email,
        roles: account.roles,
        created_at: createdAt,
        expires_at: expiresAt,
      });
      return { token, session: id, lifetime };
    };
    try {
      return await this.#transaction(issue);
    } catch (error) {
      // It could be left to its end; it is better gone.
      if (written) await this.#store.revoke([name]).catch(() => {});
      throw error;
    }
  }

  /** Ends one session of the account; false if it has no such session. */
  revoke(account: number, session: string): Promise<boolean> {
    return this.#transaction(async (transaction) => {
      const row = await transaction
        .selectFrom('session')
        .select('redis_key')
        .where('id', '=', session)
        .where('account_id', '=', account)
        .forUpdate()
        .executeTakeFirst();
      if (row === undefined) return false;
      await this.#store.revoke([row.redis_key]);
      await transaction.deleteFrom('session').where('id', '=', session).execute();
      return true;
    });
  }

  /** Ends all sessions of the account; returns how many. Undefined if there is no such account. */
  revokeAll(account: number): Promise<number | undefined> {
    return this.#transaction(async (transaction) => {
      if ((await lockAccount(transaction, account)) === undefined) return undefined;
      return this.#revokeAll(transaction, account);
    });
  }

  /**
   * Changes an account and ends all its sessions, which carry what it was. Undefined if there is no such account, or
   * if its password is not the one that was checked.
   */
  change(account: number, change: AccountChange, checkedHash?: string): Promise<number | undefined> {
    return this.#transaction(async (transaction) => {
      const row = await lockAccount(transaction, account);
      if (row === undefined || (checkedHash !== undefined && row.password_hash !== checkedHash)) return undefined;
      const revoked = await this.#revokeAll(transaction, account);
      if (change === 'delete') await transaction.deleteFrom('account').where('id', '=', account).execute();
      else await transaction.updateTable('account').set(change).where('id', '=', account).execute();
      return revoked;
    });
  }

  /** The sessions that have not ended, the newest first. */
  list(account: number): Promise<ListedSession[]> {
    return onPostgres(() =>
      this.#database
        .selectFrom('session')
        .select(['id', 'created_at', 'expires_at', 'address', 'user_agent'])
        .where('account_id', '=', account)
        .where('expires_at', '>', new Date())
        .orderBy('created_at', 'desc')
        .execute(),
    );
  }

  /** Gives the session another lifetime, within `longest` of its beginning; undefined if it is not there any more. */
  renew(account: number, session: string): Promise<number | undefined> {
    return this.#transaction(async (transaction) => {
      const row = await transaction
        .selectFrom('session')
        .select(['redis_key', 'created_at'])
        .where('id', '=', session)
        .where('account_id', '=', account)
        .forUpdate()
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const now = Math.floor(Date.now() / 1000);
      const end = Math.floor((row.created_at.getTime() + this.#settings.longest) / 1000);
      const lifetime = Math.min(Math.floor(this.#settings.lifetime / 1000), end - now);
      if (lifetime < 1 || !(await this.#store.prolong(row.redis_key, now + lifetime, lifetime))) return undefined;
      await transaction
        .updateTable('session')
        .set({ expires_at: new Date((now + lifetime) * 1000) })
        .where('id', '=', session)
        .execute();
      return lifetime;
    });
  }

  /** Forgets the rows of sessions that have ended; Redis has forgotten them already. */
  async forgetEnded(): Promise<void> {
    await onPostgres(() => this.#database.deleteFrom('session').where('expires_at', '<', new Date()).execute());
  }

  async #makeRoom(transaction: DatabaseTransaction, account: number): Promise<void> {
    const tooOld = await transaction
      .selectFrom('session')
      .select(['id', 'redis_key'])
      .where('account_id', '=', account)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .offset(this.#settings.per_account - 1)
      .execute();
    if (tooOld.length === 0) return;
    await this.#store.revoke(tooOld.map((row) => row.redis_key));
    const ids = tooOld.map((row) => row.id);
    await transaction.deleteFrom('session').where('id', 'in', ids).execute();
  }

  async #revokeAll(transaction: DatabaseTransaction, account: number): Promise<number> {
    const rows = await transaction
      .selectFrom('session')
      .select('redis_key')
      .where('account_id', '=', account)
      .execute();
    await this.#store.revoke(rows.map((row) => row.redis_key));
    await transaction.deleteFrom('session').where('account_id', '=', account).execute();
    return rows.length;
  }

  #transaction<Value>(work: (transaction: DatabaseTransaction) => Promise<Value>): Promise<Value> {
    return onPostgres(() => this.#database.transaction().execute(work));
  }
}

/** Until the transaction ends, nobody else changes the account, begins a session of it or ends all of them. */
function lockAccount(transaction: DatabaseTransaction, id: number): Promise<AccountRow | undefined> {
  return transaction
    .selectFrom('account')
    .select(['id', 'email', 'active', 'roles', 'password_hash'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

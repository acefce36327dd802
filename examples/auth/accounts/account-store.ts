import { isUniqueViolation, onPostgres } from '../database/failure.js';
import type { Database } from '../database/tables.js';
import { type Account, type AccountRow, accountColumns } from './account.js';

/** Accounts in Postgres. Each method throws `StoreUnavailable`. */
export class AccountStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Undefined if the address has an account. The constraint decides, so that two at once cannot both succeed. */
  register(email: string, passwordHash: string): Promise<Account | undefined> {
    return onPostgres(async () => {
      try {
        return await this.#database
          .insertInto('account')
          .values({ email, password_hash: passwordHash })
          .returning(accountColumns)
          .executeTakeFirstOrThrow();
      } catch (error) {
        if (isUniqueViolation(error, 'account_email_key')) return undefined;
        throw error;
      }
    });
  }

  findByEmail(email: string): Promise<AccountRow | undefined> {
    return onPostgres(() =>
      this.#database
        .selectFrom('account')
        .select([...accountColumns, 'account.password_hash'])
        .where('email', '=', email)
        .executeTakeFirst(),
    );
  }

  find(id: number): Promise<Account | undefined> {
    return onPostgres(() =>
      this.#database.selectFrom('account').select(accountColumns).where('id', '=', id).executeTakeFirst(),
    );
  }

  /** The account of a session, if both are there and the account is active. */
  findActive(id: number, session: string): Promise<AccountRow | undefined> {
    return onPostgres(() =>
      this.#database
        .selectFrom('account')
        .innerJoin('session', 'session.account_id', 'account.id')
        .select([...accountColumns, 'account.password_hash'])
        .where('account.id', '=', id)
        .where('account.active', '=', true)
        .where('session.id', '=', session)
        .executeTakeFirst(),
    );
  }

  /** In the order of their ids, beginning after `after`. */
  list(after: number, limit: number): Promise<Account[]> {
    return onPostgres(() =>
      this.#database
        .selectFrom('account')
        .select(accountColumns)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute(),
    );
  }

  /** Only if the password is still the one that was checked: a change meanwhile is not undone. */
  async replaceHash({ id, password_hash }: AccountRow, passwordHash: string): Promise<void> {
    await onPostgres(() =>
      this.#database
        .updateTable('account')
        .set({ password_hash: passwordHash })
        .where('id', '=', id)
        .where('password_hash', '=', password_hash)
        .execute(),
    );
  }
}

import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';

export interface AccountTable {
  id: Generated<number>;
  /** Folded to lower case; ASCII. */
  email: string;
  /** Argon2id in the PHC string format. */
  password_hash: string;
  active: ColumnType<boolean, boolean | undefined, boolean>;
  roles: ColumnType<string[], string[] | undefined, string[]>;
  created_at: Generated<Date>;
}

/** One row for each session that Redis holds; without the token, and without what could find it from the token. */
export interface SessionTable {
  id: string;
  account_id: number;
  /** The name of its key in Redis. */
  redis_key: string;
  created_at: ColumnType<Date, Date, never>;
  expires_at: Date;
  address: string;
  user_agent: string;
}

export interface Tables {
  account: AccountTable;
  session: SessionTable;
}

export type Database = Kysely<Tables>;
export type DatabaseTransaction = Transaction<Tables>;

import { type Kysely, type Migration, sql } from 'kysely';

/**
 * In the order of their names; each is applied once, in a transaction. One that was released is never changed: what
 * comes later is a migration of its own. Nothing else makes or changes tables.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-accounts': {
    async up(database: Kysely<unknown>) {
      await database.schema
        .createTable('account')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('email', 'text', (column) => column.notNull().unique())
        .addColumn('password_hash', 'text', (column) => column.notNull())
        .addColumn('active', 'boolean', (column) => column.notNull().defaultTo(true))
        .addColumn('roles', sql`text[]`, (column) => column.notNull().defaultTo(sql`'{}'`))
        .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .addCheckConstraint('account_email_folded', sql`email = lower(email)`)
        .execute();
    },
    async down(database: Kysely<unknown>) {
      await database.schema.dropTable('account').execute();
    },
  },
  '0002-sessions': {
    async up(database: Kysely<unknown>) {
      await database.schema
        .createTable('session')
        .addColumn('id', 'uuid', (column) => column.primaryKey())
        .addColumn('account_id', 'integer', (column) => column.notNull().references('account.id').onDelete('cascade'))
        .addColumn('redis_key', 'text', (column) => column.notNull().unique())
        .addColumn('created_at', 'timestamptz', (column) => column.notNull())
        .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('user_agent', 'text', (column) => column.notNull())
        .execute();
      await database.schema
        .createIndex('session_account')
        .on('session')
        .columns(['account_id', 'created_at'])
        .execute();
      await database.schema.createIndex('session_expiry').on('session').column('expires_at').execute();
    },
    async down(database: Kysely<unknown>) {
      await database.schema.dropTable('session').execute();
    },
  },
};

import { Migrator } from 'kysely';
import { migrations } from './migrations.js';
import type { Database } from './tables.js';

/**
 * Brings the database to the newest schema; returns the names of the migrations that it took. Several at once wait
 * for each other (Kysely takes an advisory lock), and one that fails leaves the schema as it was.
 * @throws what Postgres said
 */
export async function migrate(database: Database): Promise<readonly string[]> {
  const { results = [], error } = await migrator(database).migrateToLatest();
  if (error !== undefined) throw error;
  return results.map(({ migrationName }) => migrationName);
}

/** The migrations that the database has not had. */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  const known = await migrator(database).getMigrations();
  return known.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function migrator(database: Database): Migrator {
  return new Migrator({ db: database, provider: { getMigrations: async () => ({ ...migrations }) } });
}

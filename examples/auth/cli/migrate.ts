import type { Config } from '../config/schema.js';
import { migrate } from '../database/migrate.js';
import { openDatabase } from '../database/open.js';
import type { CommandIo } from './run.js';

/** `auth migrate` */
export async function runMigrations(config: Config, args: readonly string[], io: CommandIo): Promise<number> {
  if (args.length > 0) {
    io.stderr('auth migrate takes no arguments\n');
    return 2;
  }
  // Changing a table may take longer than any request should.
  const { database, close } = await openDatabase({ ...config.database, timeout: longest }, () => {});
  try {
    const taken = await migrate(database);
    io.stdout(taken.length === 0 ? 'nothing to migrate\n' : `${taken.join('\n')}\n`);
    return 0;
  } finally {
    await close();
  }
}

const longest = 10 * 60_000;

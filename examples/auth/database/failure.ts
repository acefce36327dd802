import { StoreUnavailable } from '../store-unavailable.js';

/** SQLSTATE of a violated unique constraint. */
const uniqueViolation = '23505';

export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return codeOf(error) === uniqueViolation && error instanceof Error && 'constraint' in error
    ? error.constraint === constraint
    : false;
}

/**
 * SQLSTATE classes and codes that say "not now" rather than "never": connection exceptions, a user or a certificate that
 * is refused, resources, an operator's intervention (shut down, cancelled), a lock not had in time, a deadlock, a server
 * that was demoted to a replica.
 */
const passing = /^(08|28|53|57|58|40|55P03|25006|25P03)/;

/** No class of SQLSTATE begins with E, as the names of errors of the system do. */
const sqlState = /^(?!E)[0-9A-Z]{5}$/;
/** Failures of `pg` itself, which have no code. */
const clientTexts = /timeout|terminated|not queryable|cannot use a pool after|SSL connection/i;

/** Runs work on Postgres; that Postgres is away becomes {@link StoreUnavailable}, all else stays what it is. */
export async function onPostgres<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (isPassing(error)) throw new StoreUnavailable('account_store', error);
    throw error;
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof StoreUnavailable) return false;
  const code = codeOf(error);
  if (code === undefined) return clientTexts.test(error.message);
  // Other codes are those of the network and of TLS.
  return sqlState.test(code) ? passing.test(code) : true;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

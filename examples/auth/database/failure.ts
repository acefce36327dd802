import { StoreUnavailable } from '../store-unavailable.js';

/** SQLSTATE of a violated unique constraint. */
const uniqueViolation = '23505';

export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return codeOf(error) === uniqueViolation && error instanceof Error && 'constraint' in error
    ? error.constraint === constraint
    : false;
}

/**
 * SQLSTATE classes and codes that say "not now" rather than "never": connection exceptions, resources, an operator's
 * intervention (shut down, cancelled), a lock not had in time, a deadlock, a server that was demoted to a replica.
 */
const passing = /^(08|53|57|58|40|55P03|25006|25P03)/;

const networkCodes = /^(E[A-Z_]+)$/;
/** Failures of `pg` itself, which have no code. */
const clientTexts = /timeout|terminated|not queryable|cannot use a pool after/i;

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
  return code.length === 5 && !code.startsWith('E') ? passing.test(code) : networkCodes.test(code);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

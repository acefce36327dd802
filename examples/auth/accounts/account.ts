import type { Selectable } from 'kysely';
import type { AccountTable } from '../database/tables.js';

/** An account as others may see it. */
export interface Account {
  readonly id: number;
  readonly email: string;
  readonly active: boolean;
  readonly roles: readonly string[];
}

/** With the hash of the password, which leaves this folder and `sessions` nowhere. */
export type AccountRow = Pick<Selectable<AccountTable>, 'id' | 'email' | 'active' | 'roles' | 'password_hash'>;

export const accountColumns = ['account.id', 'account.email', 'account.active', 'account.roles'] as const;

export function visible({ id, email, active, roles }: AccountRow | Account): Account {
  return { id, email, active, roles };
}

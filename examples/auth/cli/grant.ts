import { fileDescriptor, LineWriter } from '../../../src/decision-log/line-writer.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { foldEmail } from '../accounts/email.js';
import { auditLines } from '../audit/audit-log.js';
import type { Config } from '../config/schema.js';
import { roleList } from '../http/forms.js';
import { openStores, type Stores } from '../stores.js';
import type { CommandIo } from './run.js';

/** `auth grant EMAIL [ROLE…]`: sets the roles of an account, which ends its sessions. */
export async function grant(config: Config, args: readonly string[], io: CommandIo): Promise<number> {
  const [address = '', ...roles] = args;
  const email = foldEmail(address);
  if (email === undefined || !roleList.safeParse({ roles }).success) {
    io.stderr('auth grant needs an e-mail address, and roles of letters, digits and _ . : -\n');
    return 2;
  }
  const stores = await openStores(config, createLogger(config.log.level));
  try {
    await stores.redis.ready();
    const account = await setRoles(stores, email, roles);
    if (account === undefined) {
      io.stderr('there is no account with this e-mail address\n');
      return 1;
    }
    await record(account, roles);
    return 0;
  } finally {
    await stores.close();
  }
}

async function setRoles(stores: Stores, email: string, roles: string[]): Promise<number | undefined> {
  const account = await stores.accounts.findByEmail(email);
  if (account === undefined) return undefined;
  return (await stores.sessions.change(account.id, { roles })) === undefined ? undefined : account.id;
}

async function record(account: number, roles: readonly string[]): Promise<void> {
  const lines = new LineWriter({ sink: fileDescriptor(1), capacity: 65_536, onDrop: () => {} });
  auditLines((line) => lines.write(line))('roles_changed', { account, roles, reason: 'command_line' });
  await lines.close(1000);
}

import type { AccountStore } from './accounts/account-store.js';
import type { Passwords } from './accounts/passwords.js';
import type { Audit } from './audit/audit-log.js';
import type { Config } from './config/schema.js';
import type { Attempts } from './limits/attempts.js';
import type { KeyRing } from './sessions/key-ring.js';
import type { SessionStore } from './sessions/session-store.js';
import type { Sessions } from './sessions/sessions.js';

/** What can be asked whether it works. Rejects if it does not. */
export type Check = () => Promise<unknown>;

/** What the routes work with. */
export interface Services {
  readonly config: Config;
  readonly accounts: AccountStore;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly sessionStore: SessionStore;
  readonly keys: KeyRing;
  readonly attempts: Attempts;
  readonly audit: Audit;
  /** For `/readyz`, by the name that it shows. */
  readonly checks: Readonly<Record<string, Check>>;
  /** True as soon as the service is about to stop. */
  readonly isStopping: () => boolean;
}

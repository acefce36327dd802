/** What is recorded. Names are stable: alerts are built on them. */
export type AuditEvent =
  | 'account_registered'
  | 'registration_refused'
  | 'login_succeeded'
  | 'login_refused'
  | 'session_renewed'
  | 'session_revoked'
  | 'sessions_revoked'
  | 'password_changed'
  | 'password_change_refused'
  | 'roles_changed'
  | 'account_disabled'
  | 'account_enabled'
  | 'account_deleted'
  | 'permission_refused';

/** The only things that are recorded: no e-mail address, no password, no token, no header. */
export interface AuditFields {
  readonly request?: string;
  /** Where the request came from. */
  readonly address?: string;
  /** The account that it is about. */
  readonly account?: number | undefined;
  /** The account that did it, where that is another. */
  readonly by?: number | undefined;
  readonly session?: string | undefined;
  /** Stands for the e-mail address that was given; the same one for the same address. */
  readonly email_alias?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly roles?: readonly string[];
  /** Seconds until it may be tried again. */
  readonly retry_after?: number;
}

/** Records an event. It must not throw. */
export type Audit = (event: AuditEvent, fields: AuditFields) => void;

/** One JSON line for each event, with its time first. */
export function auditLines(write: (line: string) => void, now: () => Date = () => new Date()): Audit {
  return (event, fields) => write(`${JSON.stringify({ time: now().toISOString(), event, ...fields })}\n`);
}

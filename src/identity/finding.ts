import { PortcullisError } from '../errors/portcullis-error.js';
import type { IdentityErrorReason } from './identity.js';
import type { Finding } from './source.js';

export const anonymous: Finding = { kind: 'anonymous' };

/** A credential that identifies nobody. */
export function invalid(source: string, reason: IdentityErrorReason): Finding {
  return { kind: 'invalid', error: { source, reason } };
}

/** A credential of a form that this source does not know. */
export function foreign(source: string, reason: IdentityErrorReason = 'malformed_credential'): Finding {
  return { kind: 'foreign', error: { source, reason } };
}

/** Whoever knows the credential cannot be asked; `cause` is for the log. */
export function unavailable(source: string, message: string, cause?: unknown): Finding {
  const error = new PortcullisError('identity_unavailable', `${source}: ${message}`, { cause });
  return { kind: 'unavailable', source, error };
}

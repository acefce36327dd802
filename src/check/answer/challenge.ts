import type { HeaderChange } from '../../envoy/answer.js';

/**
 * `WWW-Authenticate` as RFC 6750 has it: RFC 9110 requires a challenge with every 401.
 *
 * @param realm from the configuration, free of quotes and backslashes
 * @param invalid a credential came, and it is not valid
 */
export function challenge(realm: string, invalid: boolean): HeaderChange {
  const value = `Bearer realm="${realm}"${invalid ? ', error="invalid_token"' : ''}`;
  return { name: 'www-authenticate', value, mode: 'overwrite' };
}

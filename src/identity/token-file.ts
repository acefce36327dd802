import { createHash } from 'node:crypto';
import { readAuthorization } from './bearer.js';
import type { IdentityError } from './identity.js';
import type { Finding, IdentitySource } from './source.js';
import type { TokenList } from './token-list.js';

const kind = 'token-file';

/** Bearer tokens whose hashes are listed in a file. */
export function createTokenFileSource(tokens: TokenList): IdentitySource {
  return {
    kind,
    identify(request, nowSeconds) {
      const authorization = readAuthorization(request.values('authorization'));
      switch (authorization.kind) {
        case 'none':
          return { kind: 'anonymous' };
        case 'foreign':
          return { kind: 'foreign', error: { source: kind, reason: 'malformed_credential' } };
        case 'invalid':
          return invalid(authorization.reason);
        case 'bearer':
          return lookUp(tokens, authorization.token, nowSeconds);
      }
    },
  };
}

/**
 * The look-up need not take constant time: how far two hashes agree tells an attacker nothing
 * about a token, since a guess that agrees further cannot be made from one that agrees less.
 */
function lookUp(tokens: TokenList, token: string, nowSeconds: number): Finding {
  const owner = tokens.get(createHash('sha256').update(token).digest('hex'));
  if (owner === undefined) return invalid('unknown_token');
  const { subject, roles, expiresAt } = owner;
  if (expiresAt === undefined) return { kind: 'identified', identity: { source: kind, subject, roles } };
  if (nowSeconds >= expiresAt) return invalid('expired_token');
  return { kind: 'identified', identity: { source: kind, subject, roles, expires_at: expiresAt } };
}

function invalid(reason: IdentityError['reason']): Finding {
  return { kind: 'invalid', error: { source: kind, reason } };
}

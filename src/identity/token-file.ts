import { createHash } from 'node:crypto';
import { readAuthorization } from './bearer.js';
import { anonymous, foreign, invalid } from './finding.js';
import type { Finding, IdentitySource } from './source.js';
import type { TokenList } from './token-list.js';

const kind = 'token-file';

/** Bearer tokens whose hashes are listed in a file. */
export function createTokenFileSource(tokens: TokenList): IdentitySource {
  return {
    kind,
    credentials: { headers: ['authorization'], cookies: [] },
    identify(request, nowSeconds) {
      const authorization = readAuthorization(request.values('authorization'));
      switch (authorization.kind) {
        case 'none':
          return anonymous;
        case 'foreign':
          return foreign(kind);
        case 'invalid':
          return invalid(kind, authorization.reason);
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
  if (owner === undefined) return invalid(kind, 'unknown_token');
  const { subject, roles, expiresAt } = owner;
  if (expiresAt === undefined) return { kind: 'identified', identity: { source: kind, subject, roles } };
  if (nowSeconds >= expiresAt) return invalid(kind, 'expired_token');
  return { kind: 'identified', identity: { source: kind, subject, roles, expires_at: expiresAt } };
}

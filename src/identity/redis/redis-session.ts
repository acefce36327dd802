import { readAuthorization } from '../bearer.js';
import { cookieValues, hidesCookie } from '../cookie.js';
import { anonymous, foreign, invalid, unavailable } from '../finding.js';
import type { Finding, IdentityRequest, IdentitySource } from '../source.js';
import { type HmacKey, hmacNames } from './hmac-keys.js';
import type { LookUp, RedisStore } from './redis-store.js';
import { readSession } from './session-record.js';

const kind = 'redis-session';

/** 32 random bytes; anything else is not looked up. */
const tokenForm = /^[0-9a-f]{64}$/;

/** Sessions that an authentication service keeps in Redis, as docs/session-format.md has them. */
export function createRedisSessionSource(
  store: RedisStore,
  keys: readonly HmacKey[],
  cookie: string | undefined,
): IdentitySource {
  return {
    kind,
    credentials: { headers: ['authorization'], cookies: cookie === undefined ? [] : [cookie] },
    identify(request, nowSeconds) {
      const found = findToken(request, cookie);
      if (found.kind !== 'token') return found;
      const lookUp = store.find(hmacNames('session', found.token, keys), request.deadline);
      return lookUp instanceof Promise ? lookUp.then((later) => judge(later, nowSeconds)) : judge(lookUp, nowSeconds);
    },
    close: () => store.close(),
  };
}

/**
 * The token of a request. A cookie and a bearer token at once are refused, even if they are equal: backend
 * and Portcullis might each believe another one.
 */
function findToken(
  request: IdentityRequest,
  cookie: string | undefined,
): Finding | { readonly kind: 'token'; readonly token: string } {
  const authorization = readAuthorization(request.values('authorization'));
  if (authorization.kind === 'invalid') return invalid(kind, authorization.reason);
  const lines = cookie === undefined ? [] : request.values('cookie');
  if (cookie !== undefined && hidesCookie(lines, cookie)) return invalid(kind, 'ambiguous_credential');
  const cookies = cookie === undefined ? [] : cookieValues(lines, cookie);
  const isOurs = authorization.kind === 'bearer' && tokenForm.test(authorization.token);
  if (cookies.length + (isOurs ? 1 : 0) > 1) return invalid(kind, 'ambiguous_credential');
  const [value] = cookies;
  if (value !== undefined) {
    return tokenForm.test(value) ? { kind: 'token', token: value } : invalid(kind, 'malformed_credential');
  }
  if (authorization.kind === 'none') return anonymous;
  // Perhaps a JWT, or the credential of another scheme.
  return isOurs ? { kind: 'token', token: authorization.token } : foreign(kind);
}

function judge(lookUp: LookUp, nowSeconds: number): Finding {
  if (lookUp.kind === 'unavailable') return unavailable(kind, 'Redis cannot be asked', lookUp.cause);
  if (lookUp.kind === 'missing') return invalid(kind, 'unknown_token');
  const session = readSession(kind, lookUp.fields);
  if (!session.ok) return invalid(kind, 'session_invalid');
  if (nowSeconds >= session.value.expires_at) return invalid(kind, 'expired_token');
  return { kind: 'identified', identity: session.value };
}

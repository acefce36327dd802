import { createHash } from 'node:crypto';
import { anonymous, invalid, unavailable } from './finding.js';
import { type HmacKey, hmacNames } from './redis/hmac-keys.js';
import type { LookUp, RedisHash, RedisStore } from './redis/redis-store.js';
import { seconds, text, texts } from './redis/session-record.js';
import type { Finding, IdentitySource } from './source.js';
import type { TokenList, TokenOwner } from './token-list.js';

const kind = 'api-key';

/** Keys of a length that nobody guesses, in characters that need no quoting. */
const form = /^[\x21-\x2b\x2d-\x7e]{20,512}$/;

type Find = (key: string, deadline: number) => Found | Promise<Found>;
type Found = { readonly kind: 'owner'; readonly owner: TokenOwner } | Finding;

/** API keys whose SHA-256 stands in a file. */
export function createApiKeyFileSource(header: string, keys: TokenList): IdentitySource {
  return createSource(header, (key) => {
    const owner = keys.get(createHash('sha256').update(key).digest('hex'));
    return owner === undefined ? invalid(kind, 'unknown_token') : { kind: 'owner', owner };
  });
}

/** API keys whose HMAC stands in Redis, under `apikey:`. */
export function createApiKeyRedisSource(header: string, store: RedisStore, keys: readonly HmacKey[]): IdentitySource {
  const find: Find = (key, deadline) => {
    const lookUp = store.find(hmacNames('apikey', key, keys), deadline);
    return lookUp instanceof Promise ? lookUp.then(ownerOf) : ownerOf(lookUp);
  };
  return { ...createSource(header, find), close: () => store.close() };
}

function createSource(header: string, find: Find): IdentitySource {
  return {
    kind,
    credentials: { headers: [header], cookies: [] },
    identify(request, nowSeconds) {
      const [key, second] = request.values(header);
      if (key === undefined) return anonymous;
      // Envoy joins repeated lines with a comma, which no key contains.
      if (second !== undefined || key.includes(',')) return invalid(kind, 'ambiguous_credential');
      if (!form.test(key)) return invalid(kind, 'malformed_credential');
      const found = find(key, request.deadline);
      return found instanceof Promise ? found.then((later) => judge(later, nowSeconds)) : judge(found, nowSeconds);
    },
  };
}

function judge(found: Found, nowSeconds: number): Finding {
  if (found.kind !== 'owner') return found;
  const { subject, roles, expiresAt } = found.owner;
  if (expiresAt === undefined) return { kind: 'identified', identity: { source: kind, subject, roles } };
  if (nowSeconds >= expiresAt) return invalid(kind, 'expired_token');
  return { kind: 'identified', identity: { source: kind, subject, roles, expires_at: expiresAt } };
}

function ownerOf(lookUp: LookUp): Found {
  if (lookUp.kind === 'unavailable') return unavailable(kind, 'Redis cannot be asked', lookUp.cause);
  if (lookUp.kind === 'missing') return invalid(kind, 'unknown_token');
  return readOwner(lookUp.fields);
}

function readOwner(fields: RedisHash): Found {
  const subject = text(fields, 'subject');
  const roles = texts(fields, 'roles');
  if (!subject.ok || !roles.ok) return invalid(kind, 'session_invalid');
  const owner = { subject: subject.value, roles: roles.value };
  if (!Object.hasOwn(fields, 'expires_at')) return { kind: 'owner', owner };
  const expires = seconds(fields, 'expires_at');
  return expires.ok
    ? { kind: 'owner', owner: { ...owner, expiresAt: expires.value } }
    : invalid(kind, 'session_invalid');
}

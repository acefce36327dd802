import { randomUUID, sign } from 'node:crypto';
import type { Identity } from '../identity.js';
import type { SigningKey } from './signing-key.js';

export interface InternalTokenOptions {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Milliseconds. */
  readonly lifetime: number;
}

/**
 * Makes a signed token that says who is calling (RFC 7515, compact form). At once: the check must not wait, and
 * `jose` signs by a promise only.
 */
export function signInternalToken(
  identity: Identity,
  { issuer, audience, lifetime }: InternalTokenOptions,
  key: SigningKey,
  nowSeconds: number,
): string {
  const now = Math.floor(nowSeconds);
  const { source, subject, email, roles, groups, session, auth_level, expires_at } = identity;
  const end = now + Math.ceil(lifetime / 1000);
  const claims = {
    iss: issuer,
    aud: audience.length === 1 ? audience[0] : audience,
    sub: subject,
    iat: now,
    exp: expires_at === undefined ? end : Math.min(end, Math.floor(expires_at)),
    jti: randomUUID(),
    source,
    email,
    roles,
    groups,
    session,
    auth_level,
  };
  const signed = `${encode({ alg: key.alg, kid: key.kid, typ: 'JWT' })}.${encode(claims)}`;
  const algorithm = key.alg === 'ES256' ? 'sha256' : null;
  const signature = sign(algorithm, Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

import { decodeJwt, errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Config } from '../../config/schema.js';
import type { JsonObject } from '../../json/json.js';
import { readAuthorization } from '../bearer.js';
import { anonymous, foreign, invalid, unavailable } from '../finding.js';
import type { IdentityErrorReason } from '../identity.js';
import type { Finding, IdentitySource } from '../source.js';
import { within } from '../within.js';
import { readClaims } from './claims.js';
import type { KeySet } from './key-set.js';

const kind = 'jwt';

export type JwtOptions = Pick<
  Extract<Config['identity']['sources'][number], { kind: 'jwt' }>,
  'issuer' | 'audience' | 'algorithms' | 'leeway' | 'max_age' | 'type' | 'claims'
>;

/** Longer ones are not decoded. */
const longest = 16 * 1024;

/** A signed token in compact form (RFC 7515). */
const form = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/**
 * JSON Web Tokens of one issuer, as bearer tokens. What a token says about how to check it counts for nothing: the
 * algorithm must be listed here, and the key comes from the issuer's set, never from `jwk`, `jku`, `x5c` or `x5u`.
 */
export function createJwtSource(options: JwtOptions, keySet: KeySet): IdentitySource {
  return {
    kind,
    credentials: { headers: ['authorization'], cookies: [] },
    identify(request, nowSeconds) {
      const authorization = readAuthorization(request.values('authorization'));
      if (authorization.kind === 'none') return anonymous;
      if (authorization.kind === 'foreign') return foreign(kind);
      if (authorization.kind === 'invalid') return invalid(kind, authorization.reason);
      const { token } = authorization;
      if (token.length > longest || !form.test(token)) return foreign(kind);
      // Not believed, only looked at: a source for another issuer may know this token.
      if (issuerOf(token) !== options.issuer) return foreign(kind, 'claim_invalid');
      return within(request.deadline - performance.now(), verify(token, options, keySet, nowSeconds)).catch((cause) =>
        unavailable(kind, 'the keys of the issuer did not come in time', cause),
      );
    },
  };
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

async function verify(token: string, options: JwtOptions, keySet: KeySet, nowSeconds: number): Promise<Finding> {
  const keys = await keySet.keys();
  if (!keys.ok) return unavailable(kind, 'the keys of the issuer cannot be had', keys.error);
  const found = await verifyWith(keys.value, token, options, nowSeconds);
  if (found !== unknownKey) return found;
  // The issuer may have changed its keys since.
  const newer = await keySet.newer();
  const again = newer === undefined ? unknownKey : await verifyWith(newer, token, options, nowSeconds);
  return again === unknownKey ? invalid(kind, 'key_unknown') : again;
}

const unknownKey = Symbol('unknown key');

async function verifyWith(
  getKey: JWTVerifyGetKey,
  token: string,
  options: JwtOptions,
  nowSeconds: number,
): Promise<Finding | typeof unknownKey> {
  try {
    const { payload } = await jwtVerify(token, getKey, verifyOptions(options, nowSeconds));
    const identity = readClaims(kind, payload as JsonObject, options.claims);
    return identity.ok ? { kind: 'identified', identity: identity.value } : invalid(kind, 'claim_invalid');
  } catch (error: unknown) {
    if (error instanceof errors.JWKSNoMatchingKey) return unknownKey;
    return invalid(kind, reasonOf(error));
  }
}

function verifyOptions(options: JwtOptions, nowSeconds: number): JWTVerifyOptions {
  return {
    issuer: options.issuer,
    audience: [...options.audience],
    algorithms: [...options.algorithms],
    clockTolerance: options.leeway / 1000,
    currentDate: new Date(nowSeconds * 1000),
    requiredClaims: ['exp'],
    ...(options.max_age !== undefined && { maxTokenAge: options.max_age / 1000 }),
    ...(options.type !== undefined && { typ: options.type }),
  };
}

function reasonOf(error: unknown): IdentityErrorReason {
  if (error instanceof errors.JWTExpired) return 'expired_token';
  if (error instanceof errors.JWTClaimValidationFailed) return 'claim_invalid';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'algorithm_refused';
  // Without `kid` and with several keys that fit, the token does not say which.
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'key_unknown';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature_invalid';
  return 'malformed_credential';
}

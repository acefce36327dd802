import {
  constants,
  createHmac,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import { isRecord } from '../bundle/merge-data.js';

/** The signature algorithms (RFC 7518) that both OPA and Portcullis have. */
export const signatureAlgorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
] as const;

export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** A key with the one algorithm it is used with. */
export interface SignatureKey {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
}

export interface Jws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/** A JSON Web Signature (RFC 7515) in its compact form. */
export function signJws({ header, payload }: Jws, { algorithm, key }: SignatureKey): string {
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const content = Buffer.from(signed);
  const signature = algorithm.startsWith('HS')
    ? createHmac(hashOf(algorithm), key).update(content).digest()
    : sign(hashOf(algorithm), content, withPadding(key, algorithm));
  return `${signed}.${signature.toString('base64url')}`;
}

/**
 * Header and payload of a compact signature that holds. The algorithm is that of the key: one that the
 * token names for itself (`none`, or HS256 with a public key for a secret) is refused (RFC 8725, 3.1).
 */
export function verifyJws(token: string, { algorithm, key }: SignatureKey): Result<Jws> {
  const read = readJws(token);
  if (!read.ok) return read;
  const { alg } = read.value.header;
  if (alg !== algorithm) return fail(`its signature is made with ${JSON.stringify(alg ?? null)}, not ${algorithm}`);
  // What a critical header means is not known here, and what it means may be that the payload is another one.
  if (read.value.header['crit'] !== undefined)
    return fail('its signature has critical headers, which are not understood');
  const at = token.lastIndexOf('.');
  const content = Buffer.from(token.slice(0, at));
  const signature = Buffer.from(token.slice(at + 1), 'base64url');
  return holds(content, signature, { algorithm, key }) ? read : fail('its signature does not fit the key');
}

/** Header and payload of a compact signature, not verified. */
export function readJws(token: string): Result<Jws> {
  const [header, payload, signature, surplus] = token.split('.');
  if (surplus !== undefined || signature === undefined) return fail('its signature is not a compact JWS');
  const parts = [header, payload].map(readPart);
  const [first, second] = parts;
  if (first === undefined || second === undefined) return fail('its signature is not a compact JWS');
  return ok({ header: first, payload: second });
}

function readPart(text = ''): JsonObject | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const value = parseJson(Buffer.from(text, 'base64url').toString('utf8'), { duplicateNames: 'refuse' });
  return value.ok && isRecord(value.value) ? value.value : undefined;
}

function holds(content: Buffer, signature: Buffer, { algorithm, key }: SignatureKey): boolean {
  if (!algorithm.startsWith('HS')) return verify(hashOf(algorithm), content, withPadding(key, algorithm), signature);
  const expected = createHmac(hashOf(algorithm), key).update(content).digest();
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}

function hashOf(algorithm: SignatureAlgorithm): string {
  return `sha${algorithm.slice(2)}`;
}

function withPadding(key: KeyObject, algorithm: SignatureAlgorithm): SignKeyObjectInput {
  if (algorithm.startsWith('ES')) return { key, dsaEncoding: 'ieee-p1363' };
  if (algorithm.startsWith('RS')) return { key, padding: constants.RSA_PKCS1_PADDING };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

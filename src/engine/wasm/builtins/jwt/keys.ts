import { createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';
import { textToBytes } from '../rego/bytes.js';
import { isArray, isObject, member, type RegoObject, type RegoValue } from '../rego/rego-value.js';
import { decodeBase64Url } from './base64url.js';
import { isAlgorithm } from './signature.js';
import { parseObject } from './token.js';

/** One key to verify with; `alg` and `kid` are empty where the source names none. */
export interface VerificationKey {
  readonly alg: string;
  readonly kid: string;
  /** A public key, or the bytes of a shared secret. They are never taken for one another. */
  readonly key: KeyObject | Buffer;
  /** The set held the private key: OPA then verifies with it in `decode_verify` only. */
  readonly fromPrivate: boolean;
}

const block = /(?:^|\n)-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n([\s\S]*?)\n?-----END \1-----[ \t]*(?:\r?\n|$)/;

/** Reads a PEM certificate, a PEM public key, a JWK or a JWK set. Undefined if it is none of these or has a bad key. */
export function parseKeys(text: string): readonly VerificationKey[] | undefined {
  const pem = block.exec(text);
  if (pem === null) return parseJwks(text);
  if (pem.index + pem[0].length !== text.length) return undefined;
  const key = parsePem(pem[1] ?? '', Buffer.from(pem[2] ?? '', 'base64'));
  return key === undefined ? undefined : [{ alg: '', kid: '', key, fromPrivate: false }];
}

function parsePem(type: string, der: Buffer): KeyObject | undefined {
  try {
    if (type === 'CERTIFICATE') return new X509Certificate(der).publicKey;
    if (type === 'PUBLIC KEY') return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {}
  return undefined;
}

function parseJwks(text: string): readonly VerificationKey[] | undefined {
  const document = parseObject(textToBytes(text));
  if (document === undefined) return undefined;
  const members = Object.hasOwn(document, 'keys') ? member(document, 'keys') : [document];
  if (!isArray(members)) return undefined;
  const keys = members.map((jwk) => (isObject(jwk) ? parseJwk(jwk) : undefined));
  if (!keys.every((key) => key !== undefined)) return undefined;
  return keys.filter(({ alg }) => alg === '' || isAlgorithm(alg));
}

/** Names of algorithms that a key may be meant for without any of ours; a set with any other name is refused. */
const otherUse =
  /^(?:none|ES256K|Ed25519|Ed448|RSA1_5|RSA-OAEP(?:-(?:256|384|512))?|dir|A(?:128|192|256)(?:GCM)?KW|ECDH-ES(?:\+A(?:128|192|256)KW)?|PBES2-HS(?:256\+A128|384\+A192|512\+A256)KW|A(?:128|192|256)GCM|A(?:128CBC-HS256|192CBC-HS384|256CBC-HS512))$/;

function parseJwk(jwk: RegoObject): VerificationKey | undefined {
  const [alg, kid] = [member(jwk, 'alg'), member(jwk, 'kid') ?? ''];
  const key = importJwk(jwk);
  if (typeof kid !== 'string' || key === undefined) return undefined;
  const known = alg === undefined || (typeof alg === 'string' && (isAlgorithm(alg) || otherUse.test(alg)));
  return known ? { alg: alg ?? '', kid, key, fromPrivate: Object.hasOwn(jwk, 'd') } : undefined;
}

function importJwk(jwk: RegoObject): KeyObject | Buffer | undefined {
  if (member(jwk, 'kty') === 'oct') return importSecret(member(jwk, 'k'));
  try {
    return createPublicKey({ key: { ...jwk } as JsonWebKey, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function importSecret(encoded: RegoValue | undefined): Buffer | undefined {
  return typeof encoded === 'string' && encoded !== '' ? decodeBase64Url(encoded) : undefined;
}

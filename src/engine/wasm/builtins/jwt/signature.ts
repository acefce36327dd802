import { constants, createHmac, type KeyObject, verify } from 'node:crypto';
import { equalInConstantTime } from '../crypto.js';

const digests: Readonly<Record<string, string>> = { '256': 'sha256', '384': 'sha384', '512': 'sha512' };
const algorithms = new Set([
  ...['RS', 'PS', 'ES', 'HS'].flatMap((family) => Object.keys(digests).map((size) => family + size)),
  'EdDSA',
]);

/** Go's floor, below which it verifies nothing: such a key can be factored. */
const minimumModulusBits = 1024;

export function isAlgorithm(alg: string): boolean {
  return algorithms.has(alg);
}

export interface Signed {
  readonly data: Buffer;
  readonly signature: Buffer;
}

export interface SignatureOptions {
  /** Whether a PSS salt must be as long as the digest (RFC 7518 section 3.5). */
  readonly exactSalt: boolean;
}

/**
 * Whether the signature fits. The type of the key decides what it can verify: a public key is never
 * used as an HMAC secret, which is how a token signed with the public key's text would pass.
 */
export function verifySignature(
  alg: string,
  key: KeyObject | Buffer,
  { data, signature }: Signed,
  { exactSalt }: SignatureOptions,
): boolean {
  const digest = digests[alg.slice(2)] ?? '';
  if (Buffer.isBuffer(key)) return alg.startsWith('HS') && isAlgorithm(alg) && verifyHmac(digest, key, data, signature);
  switch (alg === 'EdDSA' || alg === 'Ed25519' ? 'EdDSA' : isAlgorithm(alg) ? alg.slice(0, 2) : '') {
    case 'RS':
      return isRsa(key) && verify(digest, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
    case 'PS': {
      const saltLength = exactSalt ? constants.RSA_PSS_SALTLEN_DIGEST : constants.RSA_PSS_SALTLEN_AUTO;
      return (
        isRsa(key) && verify(digest, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
      );
    }
    case 'ES':
      return key.asymmetricKeyType === 'ec' && verify(digest, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'EdDSA':
      return key.asymmetricKeyType === 'ed25519' && verify(null, data, key, signature);
    default:
      return false;
  }
}

export function verifyHmac(digest: string, secret: Buffer, data: Buffer, signature: Buffer): boolean {
  return equalInConstantTime(createHmac(digest, secret).update(data).digest(), signature);
}

function isRsa(key: KeyObject): boolean {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return key.asymmetricKeyType === 'rsa' && bits >= minimumModulusBits;
}

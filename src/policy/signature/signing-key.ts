import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import type { SignatureAlgorithm, SignatureKey } from './jws.js';

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/** The key to sign with: a PEM private key or, for HS algorithms, the secret, which is every byte of the file as in OPA. */
export function signingKey(content: Buffer, algorithm: SignatureAlgorithm): Result<SignatureKey> {
  if (algorithm.startsWith('HS')) return secretKey(content, algorithm);
  return fitting(algorithm, parsed(() => createPrivateKey(content)) ?? fail('the key is not a PEM private key'));
}

/** The key to verify with: a PEM public key or certificate or, for HS algorithms, the secret. */
export function verificationKey(content: Buffer, algorithm: SignatureAlgorithm): Result<SignatureKey> {
  if (algorithm.startsWith('HS')) return secretKey(content, algorithm);
  // Whoever only verifies must not be able to sign; a private key here is one that was handed out by mistake.
  if (content.includes('PRIVATE KEY-----')) return fail('the key is a private key; verification takes the public one');
  return fitting(algorithm, parsed(() => createPublicKey(content)) ?? fail('the key is not a PEM public key'));
}

function secretKey(content: Buffer, algorithm: SignatureAlgorithm): Result<SignatureKey> {
  // A public key as the secret would let everyone sign (CVE-2015-9235).
  if (content.includes('-----BEGIN ')) return fail(`${algorithm} takes a secret, and the key is a PEM file`);
  const least = Number(algorithm.slice(2)) / 8;
  if (content.length < least) return fail(`${algorithm} takes a secret of ${least} bytes or more (RFC 7518, 3.2)`);
  return ok({ algorithm, key: createSecretKey(content) });
}

function parsed(parse: () => KeyObject): Result<KeyObject> | undefined {
  try {
    return ok(parse());
  } catch {
    return undefined;
  }
}

function fitting(algorithm: SignatureAlgorithm, key: Result<KeyObject>): Result<SignatureKey> {
  if (!key.ok) return key;
  const { asymmetricKeyDetails: details, asymmetricKeyType: type } = key.value;
  const curve = curves[algorithm];
  const expected = curve === undefined ? 'rsa' : 'ec';
  if (type !== expected) return fail(`${algorithm} takes an ${expected.toUpperCase()} key, and this one is ${type}`);
  if (details?.namedCurve !== curve) return fail(`${algorithm} takes a key on ${curve}, not on ${details?.namedCurve}`);
  const bits = details?.modulusLength;
  if (bits !== undefined && bits < 2048) return fail(`an RSA key of ${bits} bits is too short; 2048 is the least`);
  return ok({ algorithm, key: key.value });
}

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { fail, ok, type Result } from '../../errors/result.js';

/** What everybody may know of a key (RFC 7517). */
export type PublicJwk = JWK & { readonly kty: string; readonly kid: string };

/** A key that internal tokens are signed with. */
export interface SigningKey {
  readonly alg: 'ES256' | 'EdDSA';
  /** The thumbprint of the public key (RFC 7638). */
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/** Reads a private key in PEM. */
export async function readSigningKey(pem: string): Promise<Result<SigningKey>> {
  const privateKey = parse(pem);
  const alg = privateKey === undefined ? undefined : algorithmOf(privateKey);
  if (privateKey === undefined || alg === undefined) return fail('no private key of EC P-256 or Ed25519 in PEM');
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK & { kty: string };
  // Loaded only where there is a key: most configurations have none, and it is large.
  const { calculateJwkThumbprint } = await import('jose');
  const kid = await calculateJwkThumbprint(jwk);
  return ok({ alg, kid, privateKey, publicJwk: { ...jwk, kid, alg, use: 'sig' } });
}

function parse(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningKey['alg'] | undefined {
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
}

import { createPrivateKey, createPublicKey, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/**
 * Copies of generated keys. Node 20 can lock up when it exports a generated key as a JWK: the export
 * holds the key's lock, and the garbage collector wants it to drop the finished generation.
 */
export function copied({ privateKey }: KeyPairKeyObjectResult): KeyPair {
  const copy = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { privateKey: copy, publicKey: createPublicKey(copy) };
}

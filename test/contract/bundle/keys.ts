import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of a key: with it one signs, with the other one verifies. For a secret they are the same. */
export interface KeyFiles {
  readonly signing: string;
  readonly verification: string;
}

const secret = '0123456789abcdef'.repeat(5);
let rsa: KeyPem | undefined;

interface KeyPem {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Writes a key for an algorithm such as `ES256`. The RSA key is made once; a secret is always the same. */
export async function keyFiles(folder: string, algorithm: string): Promise<KeyFiles> {
  const signing = join(folder, `${algorithm}.key`);
  if (algorithm.startsWith('HS')) {
    await writeFile(signing, secret);
    return { signing, verification: signing };
  }
  const verification = join(folder, `${algorithm}.pub`);
  const { privateKey, publicKey } = algorithm.startsWith('ES') ? ellipticKey(algorithm) : rsaKey();
  await writeFile(signing, privateKey);
  await writeFile(verification, publicKey);
  return { signing, verification };
}

function rsaKey(): KeyPem {
  rsa ??= pem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
  return rsa;
}

export function ellipticKey(algorithm: string): KeyPem {
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm] ?? 'P-256';
  return pem(generateKeyPairSync('ec', { namedCurve: curve }));
}

function pem({ privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): KeyPem {
  return {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

import { ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../bundle/bundle.js';
import { type SignedFile, signaturesFile } from './bundle-signature.js';
import { bundleFileHash } from './file-hash.js';
import { type SignatureKey, signJws } from './jws.js';

export interface SigningOptions {
  readonly key: SignatureKey;
  /** Names the key for OPA's `keys` configuration. */
  readonly keyId: string;
  /** What the signature is good for; the verifier must expect the same text. */
  readonly scope: string | undefined;
}

/** The files with a signature over all of them in OPA's format; one that was there is replaced. */
export function signBundle(files: readonly BundleFile[], options: SigningOptions): Result<readonly BundleFile[]> {
  const unsigned = files.filter(({ path }) => path !== signaturesFile);
  const signed: SignedFile[] = [];
  for (const file of [...unsigned].sort((left, right) => (left.path < right.path ? -1 : 1))) {
    const hash = bundleFileHash(file);
    if (!hash.ok) return hash;
    signed.push({ name: file.path, hash: hash.value, algorithm: 'SHA-256' });
  }
  const { key, keyId, scope } = options;
  const header = { alg: key.algorithm, kid: keyId, typ: 'JWT' };
  // OPA reads the key's name from either place, depending on its release.
  const payload = { files: signed.map((file) => ({ ...file })), keyid: keyId, ...(scope !== undefined && { scope }) };
  const document = { signatures: [signJws({ header, payload }, key)] };
  return ok([...unsigned, { path: signaturesFile, content: Buffer.from(`${JSON.stringify(document)}\n`) }]);
}

import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../bundle/bundle.js';
import { findSignature, readSignedContent, type SignedContent, signaturesFile } from './bundle-signature.js';
import { bundleFileHash } from './file-hash.js';
import { type SignatureKey, verifyJws } from './jws.js';

/** What the signature of a bundle must be. */
export interface BundleVerification {
  readonly key: SignatureKey;
  /** The scope that the signature must have been made for; `''` for none. */
  readonly scope: string;
}

/**
 * Whether a signature that fits the key vouches for exactly these files, as OPA verifies bundles.
 *
 * @param now milliseconds since 1970
 */
export function verifyBundle(
  files: readonly BundleFile[],
  { key, scope }: BundleVerification,
  now: number,
): Result<SignedContent> {
  const token = findSignature(files);
  if (!token.ok) return token;
  if (token.value === undefined) return fail('it is not signed');
  const jws = verifyJws(token.value, key);
  if (!jws.ok) return jws;
  const content = readSignedContent(jws.value.payload);
  if (!content.ok) return content;
  const signed = content.value;
  if (signed.scope !== scope) {
    return fail(`its signature is for the scope ${JSON.stringify(signed.scope)}, not ${JSON.stringify(scope)}`);
  }
  if (signed.expires !== undefined && signed.expires * 1000 <= now) return fail('its signature has expired');
  if (signed.notBefore !== undefined && signed.notBefore * 1000 > now) return fail('its signature is not valid yet');
  return verifyFiles(files, signed);
}

function verifyFiles(files: readonly BundleFile[], signed: SignedContent): Result<SignedContent> {
  const expected = new Map(signed.files.map((file) => [file.name, file]));
  for (const file of files) {
    if (file.path === signaturesFile) continue;
    const entry = expected.get(file.path);
    if (entry === undefined) return fail(`${JSON.stringify(file.path)} is not in its signature`);
    const hash = bundleFileHash(file, entry.algorithm);
    if (!hash.ok) return hash;
    if (hash.value !== entry.hash.toLowerCase()) return fail(`${JSON.stringify(file.path)} is not what was signed`);
    expected.delete(file.path);
  }
  const [missing] = expected.keys();
  return missing === undefined ? ok(signed) : fail(`${JSON.stringify(missing)} was signed and is not there`);
}

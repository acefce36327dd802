import { readFile } from 'node:fs/promises';
import { PortcullisError } from '../errors/portcullis-error.js';
import type { SignatureAlgorithm } from '../policy/signature/jws.js';
import { verificationKey } from '../policy/signature/signing-key.js';
import type { BundleVerification } from '../policy/signature/verify-bundle.js';

interface ConfiguredVerification {
  readonly key: string;
  readonly algorithm: SignatureAlgorithm;
  readonly scope: string;
}

/**
 * Reads the key that bundles are verified with.
 *
 * @param section the section of the configuration, such as `engine.wasm.verification`
 * @throws PortcullisError `config_unreadable` or `config_invalid`
 */
export async function readVerification(
  configured: ConfiguredVerification | undefined,
  section: string,
): Promise<BundleVerification | undefined> {
  if (configured === undefined) return undefined;
  const key = verificationKey(await readKey(configured.key), configured.algorithm);
  if (key.ok) return { key: key.value, scope: configured.scope };
  throw new PortcullisError('config_invalid', `${section}.key: ${key.error}`);
}

async function readKey(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PortcullisError('config_unreadable', `${file} cannot be read: ${reason}`, { cause: error });
  }
}

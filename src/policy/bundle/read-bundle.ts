import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PortcullisError } from '../../errors/portcullis-error.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleVerification, verifyBundle } from '../signature/verify-bundle.js';
import { assembleBundle } from './assemble-bundle.js';
import { type Bundle, type BundleFile, type BundleLimits, defaultBundleLimits } from './bundle.js';
import { readArchive } from './read-archive.js';
import { readBounded, readFolder } from './read-folder.js';

/**
 * Reads an OPA bundle, a `.tar.gz` or a folder, completely into memory.
 * Fails with `bundle_missing` (nothing there, or unreadable), `bundle_invalid` or `bundle_unverified`.
 *
 * @param verification the signature that the bundle must have; the bytes that it vouches for are those that are used
 */
export async function readBundle(
  path: string,
  limits: BundleLimits = defaultBundleLimits,
  verification?: BundleVerification,
): Promise<Result<Bundle, PortcullisError>> {
  try {
    // A signature vouches for every file, also for one that means nothing to OPA.
    const selection = verification === undefined ? {} : { isWanted: () => true };
    const isFolder = (await stat(path)).isDirectory();
    const files = isFolder ? await readFolder(path, limits, selection) : await readFile(path, limits);
    const verified =
      files.ok && verification !== undefined ? verifyBundle(files.value, verification, Date.now()) : files;
    if (files.ok && !verified.ok) {
      return fail(new PortcullisError('bundle_unverified', `the bundle ${path} is not trusted: ${verified.error}`));
    }
    const bundle = files.ok ? assembleBundle(files.value) : files;
    if (bundle.ok) return ok(bundle.value);
    return fail(new PortcullisError('bundle_invalid', `the bundle ${path} cannot be used: ${bundle.error}`));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(
      new PortcullisError('bundle_missing', `the bundle ${path} cannot be read: ${reason}`, { cause: error }),
    );
  }
}

/** The bundle's own path may be a symbolic link: the operator named it, and Kubernetes mounts files that way. */
async function readFile(path: string, limits: BundleLimits): Promise<Result<readonly BundleFile[]>> {
  const archive = await readBounded(path, limits.maxArchiveBytes, constants.O_RDONLY);
  if (archive === undefined) return fail(`it is larger than ${limits.maxArchiveBytes} bytes`);
  return readArchive(archive, limits);
}

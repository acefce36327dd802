import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleFile, defaultBundleLimits } from '../bundle/bundle.js';
import { readArchive } from '../bundle/read-archive.js';
import { signaturesFile } from '../signature/bundle-signature.js';
import type { BundleStore } from '../store/bundle-store.js';
import { isRevisionName, objectOf, type Release } from './pointer.js';

export interface Published extends Release {
  /** False if it was there already, so that a pipeline may run twice. */
  readonly fresh: boolean;
}

/**
 * Puts a bundle where its revision says. What is published is never written over; a bundle that differs in nothing but
 * its signature is the same one, since most algorithms sign differently each time.
 *
 * @param isTrusted whether the bundle that is there already would be accepted
 */
export async function publishBundle(
  store: BundleStore,
  revision: string,
  content: Buffer,
  isTrusted: (files: readonly BundleFile[]) => boolean,
): Promise<Result<Published>> {
  if (!isRevisionName(revision)) {
    return fail(`the revision ${JSON.stringify(revision)} cannot be the name of an object`);
  }
  const name = objectOf(revision);
  const created = await store.create(name, content);
  if (!created.ok) return created;
  if (created.value === 'created') return ok({ revision, sha256: sha256Of(content), fresh: true });
  const read = await store.read(name, { maxBytes: defaultBundleLimits.maxArchiveBytes });
  if (!read.ok) return read;
  if (read.value.kind !== 'found') return fail(`${name} was in ${store.place} and is gone`);
  const present = read.value.content;
  if (await isSame(present, content, isTrusted)) return ok({ revision, sha256: sha256Of(present), fresh: false });
  return fail(`${name} is in ${store.place} already and is another bundle; what is published is not written over`);
}

async function isSame(
  present: Buffer,
  content: Buffer,
  isTrusted: (files: readonly BundleFile[]) => boolean,
): Promise<boolean> {
  const [theirs, ours] = await Promise.all([present, content].map((bytes) => readArchive(bytes, defaultBundleLimits)));
  if (!theirs?.ok || !ours?.ok) return false;
  return isTrusted(theirs.value) && fingerprint(theirs.value) === fingerprint(ours.value);
}

function fingerprint(files: readonly BundleFile[]): string {
  const unsigned = files.filter(({ path }) => path !== signaturesFile);
  return JSON.stringify(unsigned.map(({ content, path }) => [path, sha256Of(content)]).sort());
}

export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

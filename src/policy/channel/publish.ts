import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleStore } from '../store/bundle-store.js';
import { isRevisionName, objectOf, type Release } from './pointer.js';

export interface Published extends Release {
  /** False if these very bytes were there already, so that a pipeline may run twice. */
  readonly fresh: boolean;
}

/** Puts a bundle where its revision says. What is published is never written over. */
export async function publishBundle(store: BundleStore, revision: string, content: Buffer): Promise<Result<Published>> {
  if (!isRevisionName(revision))
    return fail(`the revision ${JSON.stringify(revision)} cannot be the name of an object`);
  const name = objectOf(revision);
  const sha256 = sha256Of(content);
  const created = await store.create(name, content);
  if (!created.ok) return created;
  if (created.value === 'created') return ok({ revision, sha256, fresh: true });
  const present = await store.read(name, { maxBytes: content.length });
  if (!present.ok || present.value.kind !== 'found' || sha256Of(present.value.content) !== sha256) {
    return fail(`${name} is in ${store.place} already, with other bytes; what is published is not written over`);
  }
  return ok({ revision, sha256, fresh: false });
}

export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

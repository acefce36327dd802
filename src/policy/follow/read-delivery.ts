import { PortcullisError } from '../../errors/portcullis-error.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { assembleBundle } from '../bundle/assemble-bundle.js';
import type { Bundle, BundleFile, BundleLimits } from '../bundle/bundle.js';
import { outsideRoots } from '../bundle/outside-roots.js';
import { parseManifest } from '../bundle/parse-manifest.js';
import { readArchive } from '../bundle/read-archive.js';
import { type BundleVerification, verifyBundle } from '../signature/verify-bundle.js';
import { applyPatch, parsePatch } from './apply-patch.js';

export interface DeliveryOptions {
  readonly limits: BundleLimits;
  readonly verification: BundleVerification | undefined;
  /** What a delta bundle changes. */
  readonly active: Bundle | undefined;
}

export interface OpenedBundle {
  readonly bundle: Bundle;
  readonly type: 'snapshot' | 'delta';
}

/** Unpacks and verifies what came over the network, without touching what serves. */
export async function readDelivery(
  content: Buffer,
  { active, limits, verification }: DeliveryOptions,
): Promise<Result<OpenedBundle, PortcullisError>> {
  const files = await readArchive(content, limits);
  if (!files.ok) return invalid(files.error);
  if (verification !== undefined) {
    const verified = verifyBundle(files.value, verification, Date.now());
    if (!verified.ok)
      return fail(new PortcullisError('bundle_unverified', `the bundle is not trusted: ${verified.error}`));
  }
  const patch = files.value.find(({ path }) => path === 'patch.json');
  if (patch === undefined) {
    const bundle = assembleBundle(files.value);
    return bundle.ok ? ok({ bundle: bundle.value, type: 'snapshot' }) : invalid(bundle.error);
  }
  const changed = changeBundle(active, patch, files.value);
  return changed.ok ? ok({ bundle: changed.value, type: 'delta' }) : invalid(changed.error);
}

/** The active bundle with the changes of a delta bundle; its module is the same, so nothing is compiled. */
function changeBundle(active: Bundle | undefined, patch: BundleFile, files: readonly BundleFile[]): Result<Bundle> {
  if (active === undefined) return fail('a delta bundle came before the bundle that it changes');
  const manifestFile = files.find(({ path }) => path === '.manifest');
  const manifest =
    manifestFile === undefined ? fail('a delta bundle needs a .manifest') : parseManifest(manifestFile.content);
  if (!manifest.ok) return manifest;
  const operations = parsePatch(patch.content);
  if (!operations.ok) return operations;
  const data = applyPatch(active.data, operations.value);
  if (!data.ok) return data;
  const stray = outsideRoots(data.value, active.manifest.roots);
  if (stray !== undefined) return fail(`data.${stray.join('.')} lies outside the roots of the bundle that it changes`);
  return ok({ ...active, data: data.value, manifest: { ...active.manifest, revision: manifest.value.revision } });
}

function invalid(reason: string): Result<never, PortcullisError> {
  return fail(new PortcullisError('bundle_invalid', `the bundle cannot be used: ${reason}`));
}

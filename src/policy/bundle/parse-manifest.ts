import { z } from 'zod';
import { fail, ok, type Result } from '../../errors/result.js';
import { pairsInMetadata } from '../plan/plan-of-module.js';
import type { BundleManifest } from './bundle.js';

const schema = z.object({
  revision: z.string().default(''),
  roots: z.array(z.string()).min(1).default(['']),
  metadata: z.unknown().optional(),
  wasm: z.array(z.object({ entrypoint: z.string(), module: z.string().optional() })).default([]),
});

/** Reads `.manifest`. Keys that do not concern us are allowed: OPA adds some from release to release. */
export function parseManifest(content: Buffer): Result<BundleManifest> {
  let document: unknown;
  try {
    document = JSON.parse(content.toString('utf8'));
  } catch {
    return fail('its .manifest is not JSON');
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) return fail(`its .manifest is not a bundle manifest: ${z.prettifyError(parsed.error)}`);
  const { metadata, revision, roots, wasm } = parsed.data;
  return ok({
    revision: revision === '' ? undefined : revision,
    roots,
    entrypoints: wasm.map((resolver) => resolver.entrypoint),
    ...pairsInMetadata(metadata),
  });
}

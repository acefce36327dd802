import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * Whoever compiles a plan says in the manifest what it is the plan of. Nothing in a plan tells, and by the plan of other
 * rules a policy would be kept from what it reads. This says it of the Rego, which an OPA server evaluates.
 */
export function plannedFrom(sources: ReadonlyMap<string, string>, plan: Uint8Array): object {
  return { portcullis: { planned_from: rulesHash(sources, plan) } };
}

/** Says it of the Rego and of the module that was compiled from the same sources. */
export function compiledFrom(sources: ReadonlyMap<string, string>, plan: Uint8Array, wasm: Uint8Array): object {
  return { portcullis: { compiled_together: pairHash(wasm, plan), planned_from: rulesHash(sources, plan) } };
}

const schema = z.object({
  portcullis: z.object({ compiled_together: z.string().optional(), planned_from: z.string().optional() }),
});

/** What the metadata of a manifest says; undefined where it says nothing of it. */
export function pairsInMetadata(metadata: unknown): {
  readonly compiledTogether: string | undefined;
  readonly plannedFrom: string | undefined;
} {
  const parsed = schema.safeParse(metadata);
  const said = parsed.success ? parsed.data.portcullis : undefined;
  return { compiledTogether: said?.compiled_together, plannedFrom: said?.planned_from };
}

/** A name for this very Rego, file by file, and the bytes of this plan. */
export function rulesHash(sources: ReadonlyMap<string, string>, plan: Uint8Array): string {
  const files = [...sources].sort(([left], [right]) => (left < right ? -1 : 1));
  const parts = files.flatMap(([path, text]) => [sha256(Buffer.from(path)), sha256(Buffer.from(text))]);
  return `sha256:${sha256(Buffer.concat([...parts, sha256(plan)])).toString('hex')}`;
}

/** A name for these very bytes of both. */
export function pairHash(wasm: Uint8Array, plan: Uint8Array): string {
  return `sha256:${sha256(Buffer.concat([sha256(wasm), sha256(plan)])).toString('hex')}`;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

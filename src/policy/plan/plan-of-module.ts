import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * Whoever compiles a module and a plan from the same sources says so in the manifest. Nothing in a plan tells which
 * module it belongs to, and by the plan of other rules a policy would be kept from what it reads.
 */
export function compiledTogether(wasm: Uint8Array, plan: Uint8Array): object {
  return { portcullis: { compiled_together: pairHash(wasm, plan) } };
}

const schema = z.object({ portcullis: z.object({ compiled_together: z.string() }) });

/** What the metadata of a manifest says; undefined if it says nothing of it. */
export function pairInMetadata(metadata: unknown): string | undefined {
  const parsed = schema.safeParse(metadata);
  return parsed.success ? parsed.data.portcullis.compiled_together : undefined;
}

/** A name for these very bytes of both. */
export function pairHash(wasm: Uint8Array, plan: Uint8Array): string {
  return `sha256:${sha256(Buffer.concat([sha256(wasm), sha256(plan)])).toString('hex')}`;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

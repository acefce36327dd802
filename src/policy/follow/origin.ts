import { fail, ok, type Result } from '../../errors/result.js';
import { longestPointer, objectOf, parsePointer, pointerOf } from '../channel/pointer.js';
import { sha256Of } from '../channel/publish.js';
import type { BundleStore } from '../store/bundle-store.js';

/** Where one bundle comes from, again and again. */
export interface BundleOrigin {
  /** What messages call it. */
  readonly place: string;
  fetch(request: OriginRequest): Promise<Result<Delivery>>;
}

export interface OriginRequest {
  readonly known: string | undefined;
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly wait: number;
  readonly signal: AbortSignal;
}

export type Delivery =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'archive';
      readonly content: Buffer;
      readonly version: string | undefined;
      /** What the manifest must say, where the channel tells it. */
      readonly revision?: string;
    };

/** Always the same object. */
export function objectOrigin(store: BundleStore, name: string): BundleOrigin {
  return {
    place: `${name} in ${store.place}`,
    fetch: async (request) => {
      const read = await store.read(name, request);
      if (!read.ok) return read;
      if (read.value.kind === 'absent') return fail(`${name} is not in ${store.place}`);
      if (read.value.kind === 'unchanged') return ok({ kind: 'unchanged' });
      return ok({ kind: 'archive', content: read.value.content, version: read.value.version });
    },
  };
}

/** The bundle that a channel points to, which must have the very bytes that were promoted. */
export function channelOrigin(store: BundleStore, channel: string): BundleOrigin {
  const place = `the channel ${channel} in ${store.place}`;
  return {
    place,
    fetch: async ({ known, maxBytes, signal, wait }) => {
      const read = await store.read(pointerOf(channel), { known, maxBytes: longestPointer, signal, wait });
      if (!read.ok) return read;
      if (read.value.kind === 'absent') return fail(`there is no channel ${channel} in ${store.place}`);
      if (read.value.kind === 'unchanged') return ok({ kind: 'unchanged' });
      const pointer = parsePointer(read.value.content);
      if (!pointer.ok) return fail(`${place}: ${pointer.error}`);
      const { revision, sha256 } = pointer.value;
      const bundle = await store.read(objectOf(revision), { maxBytes, signal });
      if (!bundle.ok) return bundle;
      if (bundle.value.kind !== 'found') return fail(`${place} points to ${objectOf(revision)}, which is not there`);
      const { content } = bundle.value;
      if (sha256Of(content) !== sha256) return fail(`${objectOf(revision)} is not what was promoted to ${channel}`);
      return ok({ kind: 'archive', content, version: read.value.version, revision });
    },
  };
}

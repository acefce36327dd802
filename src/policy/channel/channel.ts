import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleLimits, defaultBundleLimits } from '../bundle/bundle.js';
import type { BundleStore } from '../store/bundle-store.js';
import {
  type ChannelPointer,
  channelBundle,
  formatPointer,
  longestPointer,
  objectOf,
  parsePointer,
  pointerOf,
  promoted,
  type Release,
  rolledBack,
} from './pointer.js';
import { sha256Of } from './publish.js';

export interface ReadPointer {
  readonly pointer: ChannelPointer;
  readonly version: string | undefined;
}

/** What a channel points to; `undefined` if there is none. */
export async function readChannel(store: BundleStore, channel: string): Promise<Result<ReadPointer | undefined>> {
  const read = await store.read(pointerOf(channel), { maxBytes: longestPointer });
  if (!read.ok) return read;
  if (read.value.kind !== 'found') return ok(undefined);
  const pointer = parsePointer(read.value.content);
  return pointer.ok ? ok({ pointer: pointer.value, version: read.value.version }) : pointer;
}

/** Gives a channel a published bundle. */
export async function promote(store: BundleStore, channel: string, revision: string): Promise<Result<ChannelPointer>> {
  const bundle = await readRelease(store, revision, defaultBundleLimits);
  if (!bundle.ok) return bundle;
  const next = { revision, sha256: sha256Of(bundle.value) };
  return move(store, channel, (current) => {
    if (current?.revision === revision && current.sha256 === next.sha256) return ok(current);
    return ok(promoted(current, next, new Date()));
  });
}

/** Gives a channel the bundle that it had before. */
export function rollBack(store: BundleStore, channel: string): Promise<Result<ChannelPointer>> {
  return move(store, channel, (current) =>
    current === undefined ? fail('there is no such channel') : rolledBack(current, new Date()),
  );
}

/** A published bundle, whole. */
export async function readRelease(store: BundleStore, revision: string, limits: BundleLimits): Promise<Result<Buffer>> {
  const read = await store.read(objectOf(revision), { maxBytes: limits.maxArchiveBytes });
  if (!read.ok) return read;
  if (read.value.kind !== 'found') return fail(`${objectOf(revision)} is not in ${store.place}; publish it first`);
  return ok(read.value.content);
}

async function move(
  store: BundleStore,
  channel: string,
  change: (current: ChannelPointer | undefined) => Result<ChannelPointer>,
): Promise<Result<ChannelPointer>> {
  const read = await readChannel(store, channel);
  if (!read.ok) return read;
  const next = change(read.value?.pointer);
  if (!next.ok) return fail(`${channel}: ${next.error}`);
  // The bundle is read before the pointer moves: a pointer to what is not there would stop every adapter.
  const bundle = await readRelease(store, next.value.revision, defaultBundleLimits);
  if (!bundle.ok) return bundle;
  if (!isRelease(bundle.value, next.value)) return fail(`${objectOf(next.value.revision)} is not the bundle it was`);
  if (next.value !== read.value?.pointer) {
    const moved = await store.replace(pointerOf(channel), formatPointer(next.value), read.value?.version);
    if (!moved.ok) return moved;
    if (moved.value === 'changed')
      return fail(`${channel}: someone else moved the channel meanwhile; look, then try again`);
  }
  const copied = await copyBundle(store, channel, next.value, bundle.value);
  return copied.ok ? next : copied;
}

/**
 * Brings the channel's copy of the bundle in line with its pointer. The pointer is the truth: whoever finds that it has
 * moved on leaves the copy to the one who moved it.
 */
async function copyBundle(
  store: BundleStore,
  channel: string,
  to: Release,
  bundle: Buffer,
): Promise<Result<undefined>> {
  const name = channelBundle(channel);
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const present = await store.read(name, { maxBytes: defaultBundleLimits.maxArchiveBytes });
    if (!present.ok) return present;
    const found = present.value.kind === 'found' ? present.value : undefined;
    if (found !== undefined && isRelease(found.content, to)) return ok(undefined);
    const read = await readChannel(store, channel);
    if (!read.ok) return read;
    if (read.value?.pointer.sha256 !== to.sha256) return ok(undefined);
    const replaced = await store.replace(name, bundle, found?.version);
    if (!replaced.ok) return replaced;
    if (replaced.value === 'replaced') return ok(undefined);
  }
  return fail(`${name} keeps changing; the pointer is moved, so promote again to bring the copy in line`);
}

export function isRelease(content: Buffer, release: Release): boolean {
  return sha256Of(content) === release.sha256;
}

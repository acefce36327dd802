import { z } from 'zod';
import { fail, ok, type Result } from '../../errors/result.js';

/** One published bundle, pinned by its bytes. */
const release = z.object({
  revision: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const schema = release.extend({ promoted: z.iso.datetime(), previous: z.array(release).max(100) });

export type Release = z.infer<typeof release>;

/** Which bundle a channel such as `production` has now, and which it had, the latest first. */
export type ChannelPointer = z.infer<typeof schema>;

const longestHistory = 20;

/** Pointers are small; whoever can write one must not make each adapter read a large one. */
export const longestPointer = 64 * 1024;

export function objectOf(revision: string): string {
  return `${revision}.tar.gz`;
}

export function pointerOf(channel: string): string {
  return `channels/${channel}.json`;
}

/** Where the bundle of a channel lies once more, for an OPA, which cannot follow a pointer. */
export function channelBundle(channel: string): string {
  return `channels/${channel}.tar.gz`;
}

export function isRevisionName(text: string): boolean {
  return release.shape.revision.safeParse(text).success;
}

export function isChannelName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(text);
}

export function parsePointer(content: Buffer): Result<ChannelPointer> {
  let document: unknown;
  try {
    document = JSON.parse(content.toString('utf8'));
  } catch {
    return fail('the pointer of the channel is not JSON');
  }
  const parsed = schema.safeParse(document);
  return parsed.success
    ? ok(parsed.data)
    : fail(`the pointer of the channel is malformed: ${z.prettifyError(parsed.error)}`);
}

export function formatPointer(pointer: ChannelPointer): Buffer {
  return Buffer.from(`${JSON.stringify(pointer, null, 2)}\n`);
}

/** The channel with another bundle; the one it had becomes the latest of those before. */
export function promoted(current: ChannelPointer | undefined, next: Release, now: Date): ChannelPointer {
  const before = current === undefined ? [] : [withoutHistory(current), ...current.previous];
  const previous = before.slice(0, longestHistory);
  return { ...next, promoted: now.toISOString(), previous };
}

/** The channel with the bundle that it had before, which is then no longer in its history. */
export function rolledBack(current: ChannelPointer, now: Date): Result<ChannelPointer> {
  const [before, ...previous] = current.previous;
  if (before === undefined) return fail('the channel has had no other bundle');
  return ok({ ...before, promoted: now.toISOString(), previous });
}

function withoutHistory({ revision, sha256 }: Release): Release {
  return { revision, sha256 };
}

import { createHash } from 'node:crypto';
import type { Source } from './source.js';

/**
 * The revision of a policy: the first 16 hexadecimal digits of a SHA-256 over path and content of
 * each source. Lengths are hashed too, so that bytes cannot move between a path and its content.
 */
export function revisionOf(sources: readonly Source[]): string {
  const hash = createHash('sha256');
  for (const { path, bytes } of [...sources].sort((left, right) => (left.path < right.path ? -1 : 1))) {
    hash.update(`${Buffer.byteLength(path)} ${path} ${bytes.length} `).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

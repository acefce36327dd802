import { packBundle } from '../../src/policy/workshop/pack.js';
import type { Source } from './source.js';

/**
 * A `.tar.gz` whose bytes depend on nothing but names and contents.
 *
 * @throws Error if a name is too long
 */
export function pack(files: readonly Source[]): Buffer {
  const packed = packBundle(files.map(({ bytes, path }) => ({ path, content: bytes })));
  if (!packed.ok) throw new Error(packed.error);
  return packed.value;
}

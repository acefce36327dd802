import { defaultBundleLimits } from '../../src/policy/bundle/bundle.js';
import { readArchive } from '../../src/policy/bundle/read-archive.js';

/**
 * What sets one bundle apart from another, a line for each file; nothing if they hold the same
 * files with the same bytes. The compressed bytes are not compared: each release of zlib may choose others.
 */
export async function differences(kept: Buffer, rebuilt: Buffer): Promise<readonly string[]> {
  const [before, after] = await Promise.all([filesOf(kept), filesOf(rebuilt)]);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const [old, current] = [before.get(path), after.get(path)];
    if (old === undefined) return [`${path} is missing`];
    if (current === undefined) return [`${path} should not be there`];
    return old.equals(current) ? [] : [`${path} differs`];
  });
}

async function filesOf(bundle: Buffer): Promise<Map<string, Buffer>> {
  const files = await readArchive(bundle, defaultBundleLimits);
  if (!files.ok) throw new Error(`the bundle cannot be read: ${files.error}`);
  return new Map(files.value.map(({ path, content }) => [path, content]));
}

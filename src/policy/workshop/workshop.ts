import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BundleFile } from '../bundle/bundle.js';

/** A folder of our own in which OPA sees exactly the files that were read, whatever happens to the originals meanwhile. */
export interface Workshop {
  readonly folder: string;
  /** The folder of the sources, below it. OPA writes this relative path into what it compiles. */
  readonly sources: string;
}

/** Lays the files out, lets `work` use them, and clears up. */
export async function inWorkshop<Made>(
  files: readonly BundleFile[],
  roots: readonly string[],
  work: (workshop: Workshop) => Promise<Made>,
): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-bundle-'));
  try {
    const sources = join(folder, 'policies');
    for (const { content, path } of files) {
      const place = join(sources, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content);
    }
    await mkdir(sources, { recursive: true });
    await writeFile(join(sources, '.manifest'), JSON.stringify({ roots, rego_version: 1 }));
    return await work({ folder, sources });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

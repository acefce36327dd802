import { constants } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleFile, defaultBundleLimits } from '../../policy/bundle/bundle.js';
import { readArchive } from '../../policy/bundle/read-archive.js';
import { readBounded } from '../../policy/bundle/read-folder.js';
import { packBundle } from '../../policy/workshop/pack.js';

export interface BundleArchive {
  readonly bytes: Buffer;
  readonly files: readonly BundleFile[];
}

/** Reads a bundle's `.tar.gz`, within the limits that hold when it is served. */
export async function readBundleArchive(path: string): Promise<Result<BundleArchive>> {
  const bytes = await readWhole(path, defaultBundleLimits.maxArchiveBytes);
  if (!bytes.ok) return bytes;
  const files = await readArchive(bytes.value, defaultBundleLimits);
  return files.ok ? ok({ bytes: bytes.value, files: files.value }) : fail(`${path}: ${files.error}`);
}

/** Reads a file that the user named. */
export async function readWhole(path: string, limit: number): Promise<Result<Buffer>> {
  try {
    if ((await stat(path)).isDirectory()) return fail(`${path} is a folder`);
    const bytes = await readBounded(path, limit, constants.O_RDONLY);
    return bytes === undefined ? fail(`${path} is larger than ${limit} bytes`) : ok(bytes);
  } catch (error) {
    return fail(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** Packs and writes a bundle; whoever reads the file meanwhile sees the old one or the new one. */
export async function writeBundleArchive(path: string, files: readonly BundleFile[]): Promise<Result<Buffer>> {
  const packed = packBundle(files);
  if (!packed.ok) return packed;
  const beside = `${path}.${process.pid}.new`;
  try {
    await writeFile(beside, packed.value, { flag: 'wx' });
    await rename(beside, path);
    return packed;
  } catch (error) {
    await rm(beside, { force: true });
    return fail(`${path} cannot be written: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

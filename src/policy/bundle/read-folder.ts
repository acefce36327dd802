import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile, BundleLimits } from './bundle.js';
import { isBundleFile } from './bundle-file.js';

/** What of a folder is read, by paths relative to it. */
export interface FolderSelection {
  /** By default the files of a bundle. */
  readonly isWanted?: (path: string) => boolean;
  /** Whether to look at a file, a link or a folder below at all; by default, yes. */
  readonly isSeen?: (path: string) => boolean;
}

/** The bundle's files in a folder. Symbolic links are refused: they may lead to any file of the host. */
export async function readFolder(
  root: string,
  limits: BundleLimits,
  { isSeen = () => true, isWanted = isBundleFile }: FolderSelection = {},
): Promise<Result<readonly BundleFile[]>> {
  const files: BundleFile[] = [];
  const pending = [''];
  let entries = 0;
  let bytes = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (!isSeen(path)) continue;
      entries += 1;
      if (entries > limits.maxEntries) return fail(`it has more than ${limits.maxEntries} entries`);
      if (entry.isDirectory()) {
        pending.push(path);
        continue;
      }
      if (!entry.isFile()) return fail(`${JSON.stringify(path)} is neither a file nor a folder`);
      if (!isWanted(path)) continue;
      const content = await readBounded(join(root, path), limits.maxContentBytes - bytes);
      if (content === undefined) return fail(`its files are larger than ${limits.maxContentBytes} bytes together`);
      bytes += content.length;
      files.push({ path, content });
    }
  }
  return ok(files);
}

/** `undefined` if the file is longer than `limit` bytes. Does not follow a symbolic link put in place of the file. */
export async function readBounded(
  path: string,
  limit: number,
  flags = constants.O_RDONLY | constants.O_NOFOLLOW,
): Promise<Buffer | undefined> {
  const handle = await open(path, flags);
  try {
    if ((await handle.stat()).size > limit) return undefined;
    const content = await handle.readFile();
    return content.length > limit ? undefined : content;
  } finally {
    await handle.close();
  }
}

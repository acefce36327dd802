import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleFile, defaultBundleLimits } from '../bundle/bundle.js';
import { bundleFileKind } from '../bundle/bundle-file.js';
import { parseManifest } from '../bundle/parse-manifest.js';
import { readFolder } from '../bundle/read-folder.js';

/** A folder with a policy, its data and its tests, each list in the order of the paths. */
export interface BundleSources {
  /** Everything that was read, the folder's `.manifest` too. */
  readonly all: readonly BundleFile[];
  /** Rego and data that go into the bundle. */
  readonly files: readonly BundleFile[];
  /** Rego that does not: files whose names end in `_test.rego`. */
  readonly tests: readonly BundleFile[];
  /** Of the folder's `.manifest`; `['']` without one. */
  readonly roots: readonly string[];
  /** The member `metadata` of the folder's `.manifest`. */
  readonly metadata: unknown;
}

/**
 * Reads the sources of a bundle. Hidden files and folders are left out, and so is what `exclude` names.
 *
 * @param exclude files and folders, relative to `folder`
 */
export async function readSources(folder: string, exclude: readonly string[]): Promise<Result<BundleSources>> {
  const isSeen = (path: string) => isVisible(path, exclude);
  const read = await readFolder(folder, defaultBundleLimits, { isSeen }).catch((error: NodeJS.ErrnoException) => {
    return fail(`it cannot be read: ${error.code ?? error.message}`);
  });
  if (!read.ok) return fail(`${folder}: ${read.error}`);
  const files = [...read.value].sort((left, right) => (left.path < right.path ? -1 : 1));
  const surplus = files.find(({ path }) => ['wasm', 'plan', 'patch'].includes(bundleFileKind(path) ?? ''));
  if (surplus !== undefined) return fail(`${folder}: ${surplus.path} is not a source; --exclude leaves it out`);
  const manifest = readManifest(files.find(({ path }) => path === '.manifest'));
  if (!manifest.ok) return fail(`${folder}: ${manifest.error}`);
  const sources = files.filter(({ path }) => path !== '.manifest');
  if (!sources.some(({ path }) => path.endsWith('.rego') && !isTestFile(path)) && !sources.some(isData)) {
    return fail(`${folder}: there is neither Rego nor data in it`);
  }
  return ok({
    all: files,
    files: sources.filter(({ path }) => !isTestFile(path)),
    tests: sources.filter(({ path }) => isTestFile(path)),
    ...manifest.value,
  });
}

/** Whether a file at this path, relative to the folder, is one of the sources. */
export function isSource(path: string, exclude: readonly string[]): boolean {
  return bundleFileKind(path) !== undefined && isVisible(path, exclude);
}

function isVisible(path: string, exclude: readonly string[]): boolean {
  if (path !== '.manifest' && path.split('/').some((segment) => segment.startsWith('.'))) return false;
  return !exclude.some((name) => path === name || path.startsWith(`${name}/`));
}

export function isTestFile(path: string): boolean {
  return path.endsWith('_test.rego');
}

function isData({ path }: BundleFile): boolean {
  return bundleFileKind(path) === 'data';
}

function readManifest(file: BundleFile | undefined): Result<Pick<BundleSources, 'roots' | 'metadata'>> {
  if (file === undefined) return ok({ roots: [''], metadata: undefined });
  const manifest = parseManifest(file.content);
  if (!manifest.ok) return manifest;
  const { metadata } = JSON.parse(file.content.toString('utf8')) as { metadata?: unknown };
  return ok({ roots: manifest.value.roots, metadata });
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../bundle/bundle.js';
import { isSource } from './sources.js';

export interface GitRevision {
  /** The full name of the commit. */
  readonly commit: string;
  /** Sources that are not what the commit holds: changed, added or missing. */
  readonly dirty: readonly string[];
}

/**
 * The commit that is checked out where the sources are, and which of them differ from it. The bytes
 * are compared, not the opinion of `git status`, which ignored files and index flags can change.
 *
 * @param files every source, tests and `.manifest` among them
 */
export async function gitRevision(
  folder: string,
  files: readonly BundleFile[],
  exclude: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<GitRevision>> {
  const head = await git(folder, ['rev-parse', '--verify', 'HEAD'], env);
  if (!head.ok) return fail(`${folder} is in no git repository with a commit; name a revision: --revision TEXT`);
  const commit = head.value.trim();
  const tree = await git(folder, ['ls-tree', '-r', '-z', commit], env);
  if (!tree.ok) return tree;
  const committed = new Map(readTree(tree.value).filter(([path]) => isSource(path, exclude)));
  const present = new Map(files.map(({ content, path }) => [path, blobName(content, commit.length)]));
  const paths = new Set([...committed.keys(), ...present.keys()]);
  const dirty = [...paths].filter((path) => committed.get(path) !== present.get(path));
  return ok({ commit, dirty: dirty.sort() });
}

function readTree(listing: string): readonly (readonly [string, string])[] {
  return listing
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const at = entry.indexOf('\t');
      return [entry.slice(at + 1), entry.slice(0, at).split(' ')[2] ?? ''] as const;
    });
}

/** What git calls these bytes, in a repository whose names have so many hexadecimal digits. */
function blobName(content: Buffer, digits: number): string {
  const hash = createHash(digits === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${content.length}\0`).update(content).digest('hex');
}

function git(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<string>> {
  return new Promise((settle) => {
    const options = { cwd: folder, env: { ...env }, maxBuffer: 64 * 1024 * 1024 };
    execFile('git', args, options, (error, stdout, stderr) => {
      settle(error === null ? ok(stdout) : fail(`git ${args[0]}: ${stderr.trim() || error.message}`));
    });
  });
}

import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** A file of the bundle: its path below the bundle's root, with forward slashes, and its bytes. */
export interface Source {
  readonly path: string;
  readonly bytes: Buffer;
}

/** The policy and data files below `folder`, in the order of their paths, without tests, examples, the library and the rules for deployments. */
export async function readSources(folder: string): Promise<readonly Source[]> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.map((name) => name.split(sep).join('/')).filter(isSource);
  return Promise.all(paths.sort().map(async (path) => ({ path, bytes: await readFile(join(folder, path)) })));
}

function isSource(path: string): boolean {
  if (/^(deployment|examples|lib)\//.test(path) || path.endsWith('_test.rego')) return false;
  return path.endsWith('.rego') || path.endsWith('/data.json');
}

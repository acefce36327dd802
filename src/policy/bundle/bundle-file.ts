import type { BundleFile } from './bundle.js';

const manifest = '.manifest';
const dataFile = /(?:^|\/)data\.(?:json|ya?ml)$/;

/** The kinds of files that OPA reads from a bundle. Everything else in it is ignored. */
export type BundleFileKind = 'manifest' | 'data' | 'rego' | 'wasm' | 'plan' | 'patch';

export function bundleFileKind(path: string): BundleFileKind | undefined {
  if (path === manifest) return 'manifest';
  if (path === 'patch.json') return 'patch';
  if (path === 'plan.json') return 'plan';
  if (dataFile.test(path)) return 'data';
  if (path.endsWith('.rego')) return 'rego';
  return path.endsWith('.wasm') ? 'wasm' : undefined;
}

export function isBundleFile(path: string): boolean {
  return bundleFileKind(path) !== undefined;
}

/** The Rego among these files, as `Bundle.sources` has it. */
export function regoTexts(files: readonly BundleFile[]): ReadonlyMap<string, string> {
  const rego = files.filter(({ path }) => bundleFileKind(path) === 'rego');
  return new Map(rego.map(({ content, path }) => [path, content.toString('utf8')]));
}

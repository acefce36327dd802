import { createHash } from 'node:crypto';
import { ok, type Result } from '../../errors/result.js';
import { encodeJson } from '../../json/encode.js';
import { assembleBundle } from '../bundle/assemble-bundle.js';
import type { Bundle, BundleFile } from '../bundle/bundle.js';
import { readSignatureClaim, type SignatureClaim } from '../signature/bundle-signature.js';
import type { RegoModule } from './rego-modules.js';

/** What there is to say about a bundle without evaluating it. */
export interface BundleSummary {
  readonly revision: string | undefined;
  readonly roots: readonly string[];
  readonly entrypoints: readonly string[];
  /** What a signature claims; not verified. `undefined` if there is none. */
  readonly signature: SignatureClaim | undefined;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
  /** Bytes of the data as JSON, by the first name below `data`. */
  readonly data: readonly { readonly name: string; readonly bytes: number }[];
  readonly wasmBytes: number | undefined;
  readonly hasPlan: boolean;
}

/** The rules of a package, tests and helpers among them. */
export interface PackageSummary {
  readonly package: string;
  readonly files: readonly string[];
  readonly rules: readonly string[];
}

export interface InspectedBundle {
  readonly summary: BundleSummary;
  readonly bundle: Bundle;
}

/** Reads what the files of a bundle say about it. */
export function inspectBundle(files: readonly BundleFile[]): Result<InspectedBundle> {
  const bundle = assembleBundle(files);
  if (!bundle.ok) return bundle;
  const signature = readSignatureClaim(files);
  if (!signature.ok) return signature;
  const { data, manifest, plan, wasm } = bundle.value;
  const listed = files.map(({ content, path }) => ({ path, bytes: content.length, sha256: sha256(content) }));
  return ok({
    bundle: bundle.value,
    summary: {
      revision: manifest.revision,
      roots: manifest.roots,
      entrypoints: manifest.entrypoints,
      signature: signature.value,
      files: listed.sort((left, right) => (left.path < right.path ? -1 : 1)),
      data: Object.entries(data).map(([name, value]) => ({
        name,
        bytes: Buffer.byteLength(encodeJson(value ?? null)),
      })),
      wasmBytes: wasm?.length,
      hasPlan: plan !== undefined,
    },
  });
}

/** The packages of the modules with the names of their rules, each once. */
export function packageSummaries(modules: readonly RegoModule[]): readonly PackageSummary[] {
  const names = [...new Set(modules.map((module) => module.package.join('.')))].sort();
  return names.map((name) => {
    const parts = modules.filter((module) => module.package.join('.') === name);
    const rules = parts.flatMap(({ rules: found }) => found.map((rule) => rule.name));
    return { package: name, files: parts.map(({ file }) => file), rules: [...new Set(rules)] };
  });
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

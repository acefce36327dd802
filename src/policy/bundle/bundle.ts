import type { JsonObject } from '../../json/json.js';

/** An OPA bundle, read and checked, with nothing evaluated yet. */
export interface Bundle {
  readonly manifest: BundleManifest;
  /** All data files, merged the way OPA does: each below the folder it lies in. */
  readonly data: JsonObject;
  /** Rego text by its path in the bundle. What was compiled to WebAssembly is no longer in it. */
  readonly sources: ReadonlyMap<string, string>;
  /** The compiled policy, if the bundle was built with `-t wasm`. */
  readonly wasm: Uint8Array<ArrayBuffer> | undefined;
  /** OPA's plan of the same policy (`plan.json` of `opa build -t plan`), not yet read. */
  readonly plan?: Uint8Array | undefined;
}

export interface BundleManifest {
  /** What the builder called this version, usually a git SHA. */
  readonly revision: string | undefined;
  /** The parts of `data` that the bundle owns. `''` is everything. */
  readonly roots: readonly string[];
  /** Decision paths the WebAssembly module was compiled for. */
  readonly entrypoints: readonly string[];
  /** Module and plan that were compiled from the same sources, if whoever built the bundle says so; see `plan-of-module.ts`. */
  readonly compiledTogether?: string | undefined;
  /** The same of the plan and the Rego. */
  readonly plannedFrom?: string | undefined;
}

/** One file of a bundle: its path without a leading slash, and its bytes. */
export interface BundleFile {
  readonly path: string;
  readonly content: Buffer;
}

/** What a bundle may cost to read. A bundle comes from a build, but also from a network and a disk others can write to. */
export interface BundleLimits {
  /** Bytes of the `.tar.gz` on disk. */
  readonly maxArchiveBytes: number;
  /** Bytes after decompression, tar headers included; also the sum of all files of a folder. */
  readonly maxContentBytes: number;
  /** Files and folders. */
  readonly maxEntries: number;
}

export const defaultBundleLimits: BundleLimits = {
  maxArchiveBytes: 128 * 1024 * 1024,
  maxContentBytes: 512 * 1024 * 1024,
  maxEntries: 10_000,
};

import { PortcullisError } from '../../errors/portcullis-error.js';
import { encodeJson } from '../../json/encode.js';
import type { JsonObject } from '../../json/json.js';
import type { Bundle } from '../../policy/bundle/bundle.js';
import { mergeData } from '../../policy/bundle/merge-data.js';
import { findBuiltinCallers } from './find-builtin-callers.js';
import { type Builtin, PolicyInstance } from './policy-instance.js';
import { compilePolicy } from './policy-module.js';

export interface PolicyLimits {
  /** How far the module's memory may grow, in bytes. */
  readonly maxMemoryBytes: number;
}

/**
 * Makes instances of one policy with the data of its bundle and, if given, further data beside it. Throws
 * `bundle_invalid` when one cannot be made.
 */
export type InstanceMaker = (external?: JsonObject) => PolicyInstance;

/** Compiles the bundle's module. Rejects with `bundle_invalid`. */
export async function compileBundle(
  bundle: Bundle,
  builtins: Readonly<Record<string, Builtin>>,
  { maxMemoryBytes }: PolicyLimits,
): Promise<InstanceMaker> {
  if (bundle.wasm === undefined) {
    throw invalid('it has no WebAssembly module; build it with `opa build -t wasm -e <decision path>`');
  }
  const compiled = await compilePolicy(bundle.wasm);
  if (!compiled.ok) throw invalid(compiled.error);
  const bundled = Buffer.from(encodeJson(bundle.data));
  return (external) => {
    try {
      const data = external === undefined ? bundled : withExternal(bundle.data, external);
      return new PolicyInstance(compiled.value, { data, builtins, maxMemoryBytes });
    } catch (error) {
      throw invalid(error instanceof Error ? error.message : String(error), error);
    }
  };
}

function withExternal(bundled: JsonObject, external: JsonObject): Buffer {
  const merged = mergeData(bundled, external);
  if (!merged.ok) throw new Error(`its data and that from elsewhere do not fit: ${merged.error}`);
  return Buffer.from(encodeJson(merged.value));
}

/** Throws `bundle_invalid` unless each decision path is an entrypoint of the module. */
export function requireEntrypoints(instance: PolicyInstance, paths: readonly string[]): void {
  const missing = paths.find((path) => !instance.entrypoints.has(path));
  if (missing === undefined) return;
  const present = [...instance.entrypoints.keys()].sort().join(', ');
  throw invalid(`it was not compiled for the decision path ${missing}; it has ${present || 'none'}`);
}

/** Throws `builtin_unsupported`, naming the rules, if the module calls a built-in that the host does not have. */
export function requireBuiltins(
  instance: PolicyInstance,
  builtins: Readonly<Record<string, Builtin>>,
  wasm: Uint8Array,
): void {
  const missing = [...instance.neededBuiltins].filter(([name]) => !Object.hasOwn(builtins, name));
  if (missing.length === 0) return;
  const uses = missing.map(([name, id]) => {
    const rules = findBuiltinCallers(wasm, id);
    return rules.length === 0 ? name : `${name} (called by ${rules.join(', ')})`;
  });
  throw new PortcullisError('builtin_unsupported', `the embedded engine does not have ${uses.sort().join('; ')}`);
}

function invalid(reason: string, cause?: unknown): PortcullisError {
  return new PortcullisError(
    'bundle_invalid',
    `the bundle cannot be used: ${reason}`,
    cause === undefined ? undefined : { cause },
  );
}

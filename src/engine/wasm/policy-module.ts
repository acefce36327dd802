import { fail, ok, type Result } from '../../errors/result.js';
import { type CompiledModule, type GlobalVariable, webAssembly } from './web-assembly.js';

/** What a module that OPA compiled exports, as far as it is called here (OPA's WebAssembly ABI 1.2 and 1.3). */
export interface PolicyExports {
  readonly opa_malloc: (bytes: number) => number;
  readonly opa_free: (address: number) => void;
  readonly opa_heap_ptr_get: () => number;
  readonly opa_heap_ptr_set: (address: number) => void;
  readonly opa_json_parse: (address: number, bytes: number) => number;
  readonly opa_value_parse: (address: number, bytes: number) => number;
  readonly opa_value_dump: (value: number) => number;
  readonly opa_eval_ctx_new: () => number;
  readonly opa_eval_ctx_set_input: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_data: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_entrypoint: (context: number, entrypoint: number) => void;
  readonly opa_eval_ctx_get_result: (context: number) => number;
  readonly eval: (context: number) => number;
  readonly builtins: () => number;
  readonly entrypoints: () => number;
  readonly opa_wasm_abi_version: GlobalVariable;
  readonly opa_wasm_abi_minor_version: GlobalVariable;
}

const needed: readonly (keyof PolicyExports)[] = [
  'opa_malloc',
  'opa_free',
  'opa_heap_ptr_get',
  'opa_heap_ptr_set',
  'opa_json_parse',
  'opa_value_parse',
  'opa_value_dump',
  'opa_eval_ctx_new',
  'opa_eval_ctx_set_input',
  'opa_eval_ctx_set_data',
  'opa_eval_ctx_set_entrypoint',
  'opa_eval_ctx_get_result',
  'eval',
  'builtins',
  'entrypoints',
  'opa_wasm_abi_version',
  'opa_wasm_abi_minor_version',
];

/** A compiled policy that can be instantiated any number of times. */
export interface PolicyModule {
  readonly module: CompiledModule;
  /** Length of the module in bytes, which bounds the length of its data segments. */
  readonly bytes: number;
}

const compiled = new WeakMap<Uint8Array, Promise<Result<PolicyModule>>>();

/** A bundle whose data alone has changed holds the same bytes, which are compiled once. */
export function compilePolicy(wasm: Uint8Array<ArrayBuffer>): Promise<Result<PolicyModule>> {
  const known = compiled.get(wasm) ?? compile(wasm);
  compiled.set(wasm, known);
  return known;
}

async function compile(wasm: Uint8Array<ArrayBuffer>): Promise<Result<PolicyModule>> {
  let module: CompiledModule;
  try {
    module = await webAssembly.compile(wasm);
  } catch (error) {
    return fail(`its module is not WebAssembly: ${error instanceof Error ? error.message : String(error)}`);
  }
  const exported = new Set(webAssembly.Module.exports(module).map((entry) => entry.name));
  const missing = needed.find((name) => !exported.has(name));
  if (missing !== undefined) return fail(`its module does not export ${missing}, so OPA did not compile it`);
  return ok({ module, bytes: wasm.byteLength });
}

export function checkAbi(exports: PolicyExports): Result<PolicyExports> {
  const major: unknown = exports.opa_wasm_abi_version.value;
  const minor: unknown = exports.opa_wasm_abi_minor_version.value;
  if (major === 1 && typeof minor === 'number' && minor >= 2) return ok(exports);
  return fail(`its module has ABI version ${String(major)}.${String(minor)}; 1.2 and later of 1 are known`);
}

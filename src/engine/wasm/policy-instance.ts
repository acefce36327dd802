import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { JsonValue } from '../../json/json.js';
import { bytesToText } from './builtins/rego/bytes.js';
import { parseRego } from './parse-rego.js';
import { checkAbi, type PolicyExports, type PolicyModule } from './policy-module.js';
import { readResult } from './read-result.js';
import { RegoAbort } from './rego-abort.js';
import { type LinearMemory, webAssembly } from './web-assembly.js';
import { writeRego } from './write-rego.js';

const pageBytes = 64 * 1024;
/** Room for the module's stack and its first values; it grows on its own from there. */
const sparePages = 16;
/** Up to this many characters, room for the longest encoding costs less than finding out how long it is. */
const shortText = 4096;

/** A built-in function of the host. It throws or returns `undefined` where OPA's has no value. */
export type Builtin = (...args: unknown[]) => unknown;

export interface InstanceOptions {
  /** The bundle's data, UTF-8 JSON. */
  readonly data: Uint8Array;
  readonly builtins: Readonly<Record<string, Builtin>>;
  /** How far the linear memory may grow. */
  readonly maxMemoryBytes: number;
}

/**
 * One instance of a compiled policy with its data loaded. After {@link run} has thrown it must
 * not be used again: the unwinding has left the module's own stack pointer where it was.
 */
export class PolicyInstance {
  readonly entrypoints: ReadonlyMap<string, number>;
  /** The built-ins that the module calls in the host: numbers by name. */
  readonly neededBuiltins: ReadonlyMap<string, number>;
  readonly #exports: PolicyExports;
  readonly #memory: LinearMemory;
  readonly #builtins: readonly (Builtin | undefined)[];
  readonly #data: number;
  readonly #heapBase: number;
  #view = Buffer.alloc(0);

  /** Throws if the module cannot be linked or its data cannot be loaded. */
  constructor({ module, bytes }: PolicyModule, options: InstanceOptions) {
    const maximum = Math.floor(options.maxMemoryBytes / pageBytes);
    const initial = Math.min(maximum, Math.ceil(bytes / pageBytes) + sparePages);
    this.#memory = new webAssembly.Memory({ initial, maximum });
    const instance = new webAssembly.Instance(module, { env: this.#imports() });
    const checked = checkAbi(instance.exports as unknown as PolicyExports);
    if (!checked.ok) throw new Error(checked.error);
    this.#exports = checked.value;

    this.entrypoints = this.#readTable(this.#exports.entrypoints());
    this.neededBuiltins = this.#readTable(this.#exports.builtins());
    this.#builtins = bind(this.neededBuiltins, options.builtins);
    this.#data = this.#parse(options.data, this.#exports.opa_json_parse);
    this.#heapBase = this.#exports.opa_heap_ptr_get();
  }

  /** Bytes of linear memory. It never shrinks. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * What the module writes as the result set of an entrypoint. Throws when the policy fails, after
   * which this instance is spent.
   *
   * @param input JSON text, or its bytes
   */
  run(entrypoint: number, input: string | Uint8Array): string {
    const module = this.#exports;
    // Everything of the evaluation before is dropped here, so memory does not grow from one to the next.
    module.opa_heap_ptr_set(this.#heapBase);
    const context = module.opa_eval_ctx_new();
    // `opa_eval` would take malformed input for no input at all, which a rule with `not` may answer with an allow.
    const parsed = typeof input === 'string' ? this.#parseText(input) : this.#parse(input, module.opa_json_parse);
    module.opa_eval_ctx_set_input(context, parsed);
    module.opa_eval_ctx_set_data(context, this.#data);
    module.opa_eval_ctx_set_entrypoint(context, entrypoint);
    module.eval(context);
    return this.#textAt(module.opa_value_dump(module.opa_eval_ctx_get_result(context)));
  }

  /** The same as a value; undefined if the entrypoint has none. */
  evaluate(entrypoint: number, input: string | Uint8Array): JsonValue | undefined {
    return readResult(this.run(entrypoint, input));
  }

  #imports(): Readonly<Record<string, unknown>> {
    const call = (id: number, _context: number, ...args: number[]): number => this.#call(id, args);
    return {
      memory: this.#memory,
      opa_abort: (address: number): never => {
        throw new RegoAbort(this.#textAt(address));
      },
      opa_println: () => undefined,
      opa_builtin0: call,
      opa_builtin1: call,
      opa_builtin2: call,
      opa_builtin3: call,
      opa_builtin4: call,
    };
  }

  /** 0 is "undefined" to the module, which is what an error inside a built-in is in OPA as well. */
  #call(id: number, addresses: readonly number[]): number {
    const builtin = this.#builtins[id];
    if (builtin === undefined) throw new RegoAbort(`the built-in function ${id} is missing`);
    const args = addresses.map((address) => this.#readValue(address));
    let text: string | undefined;
    try {
      const result = builtin(...args);
      text = result === undefined ? undefined : writeRego(result);
    } catch {
      return 0;
    }
    return text === undefined ? 0 : this.#parse(Buffer.from(text), this.#exports.opa_value_parse);
  }

  /** An operand of a built-in. Its strings may hold bytes that are not UTF-8, which must stay apart from each other. */
  #readValue(address: number): unknown {
    const dumped = this.#exports.opa_value_dump(address);
    const value = parseRego(bytesToText(this.#bytesAt(dumped)));
    this.#exports.opa_free(dumped);
    return value;
  }

  /** Copies a document into the module and has it parsed there. */
  #parse(document: Uint8Array, parse: PolicyExports['opa_json_parse']): number {
    const address = this.#exports.opa_malloc(document.byteLength) >>> 0;
    this.#bytes().set(document, address);
    const value = parse(address, document.byteLength);
    if (value === 0) throw new RegoAbort('a document is not well-formed JSON');
    this.#exports.opa_free(address);
    return value;
  }

  /** The same for JSON text, which is encoded right where the module reads it. */
  #parseText(text: string): number {
    const room = text.length < shortText ? text.length * 3 : Buffer.byteLength(text);
    const address = this.#exports.opa_malloc(room) >>> 0;
    const bytes = this.#bytes().write(text, address, room, 'utf8');
    const value = this.#exports.opa_json_parse(address, bytes);
    if (value === 0) throw new RegoAbort('a document is not well-formed JSON');
    return value;
  }

  /** The memory as it is now. When it grows, what it was before has no length any more. */
  #bytes(): Buffer {
    if (this.#view.length === 0) this.#view = Buffer.from(this.#memory.buffer);
    return this.#view;
  }

  #textAt(address: number): string {
    const bytes = this.#bytesAt(address);
    const text = bytes.toString('utf8');
    // What is no UTF-8 is rare, and read in OPA's way.
    return text.includes('\ufffd') ? decodeUtf8(bytes) : text;
  }

  /** The bytes from an address to the next zero byte, valid until the module runs again. */
  #bytesAt(address: number): Buffer {
    const memory = this.#bytes();
    const start = address >>> 0;
    const end = memory.indexOf(0, start);
    if (start === 0 || end === -1) throw new RegoAbort('the module returned no text');
    return memory.subarray(start, end);
  }

  #readTable(value: number): ReadonlyMap<string, number> {
    const table = parseRego(this.#textAt(this.#exports.opa_value_dump(value)));
    return new Map(Object.entries(table as Record<string, number>));
  }
}

function bind(
  needed: ReadonlyMap<string, number>,
  builtins: Readonly<Record<string, Builtin>>,
): readonly (Builtin | undefined)[] {
  const bound: (Builtin | undefined)[] = [];
  for (const [name, id] of needed) bound[id] = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
  return bound;
}

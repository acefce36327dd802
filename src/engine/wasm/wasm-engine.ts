import type { Bundle } from '../../policy/bundle/bundle.js';
import type { InputReads } from '../../policy/plan/input-reads.js';
import { encodeRead } from '../encode-read.js';
import type { Engine, Evaluation, InputDocument, Query } from '../engine.js';
import type { DataSnapshot, ExternalData } from '../external-data.js';
import { failed } from '../failed.js';
import { ReadyState } from '../ready-state.js';
import { createBuiltins } from './builtins/builtins.js';
import { EvaluationScope } from './evaluation-scope.js';
import { compileBundle, type InstanceMaker, requireBuiltins, requireEntrypoints } from './load-policy.js';
import type { PolicyInstance } from './policy-instance.js';
import { noValue } from './read-result.js';
import { ResultMemory } from './result-memory.js';

export interface WasmEngineOptions {
  readonly bundle: Bundle;
  /** Decision paths that must be entrypoints of the module, such as `envoy/authz/allow`. */
  readonly paths: readonly string[];
  /** What `opa.runtime().env` shows to the policy. */
  readonly env?: Readonly<Record<string, string>>;
  /** How far the module's memory may grow, in bytes. */
  readonly maxMemoryBytes?: number;
  /** What the rules behind a decision path read of the input; a path that is absent gets the whole input. */
  readonly reads?: ReadonlyMap<string, InputReads>;
  /** Whether results that come again are remembered; they are unless it says no. */
  readonly resultMemory?: boolean;
  /** Data beside that of the bundle. Each change of it is put before the policy without compiling anything. */
  readonly external?: ExternalData | undefined;
}

const defaultMaxMemoryBytes = 512 * 1024 * 1024;

/**
 * Evaluates a bundle's WebAssembly module in this process, at once and synchronously: nothing else
 * runs meanwhile, and an evaluation cannot be interrupted. One that ends late is `engine_timeout`.
 * Rejects with `bundle_invalid` or `builtin_unsupported`, so that what cannot work is known at load.
 */
export async function createWasmEngine(options: WasmEngineOptions): Promise<Engine> {
  const { bundle, env = {}, external, maxMemoryBytes = defaultMaxMemoryBytes, paths } = options;
  const scope = new EvaluationScope(env);
  const builtins = createBuiltins(scope);
  const makeInstance = await compileBundle(bundle, builtins, { maxMemoryBytes });
  const snapshot = external?.snapshot();
  const instance = makeInstance(snapshot?.data);
  requireEntrypoints(instance, paths);
  requireBuiltins(instance, builtins, bundle.wasm ?? new Uint8Array());
  const engine = new WasmEngine(makeInstance, instance, scope, options);
  if (external !== undefined && snapshot !== undefined) engine.follow(external, snapshot);
  return engine;
}

class WasmEngine implements Engine {
  readonly kind = 'wasm';
  readonly #makeInstance: InstanceMaker;
  readonly #scope: EvaluationScope;
  readonly #reads: ReadonlyMap<string, InputReads>;
  readonly #revision: string | undefined;
  readonly #results: ResultMemory;
  readonly #state = new ReadyState(true);
  #instance: PolicyInstance | undefined;
  #snapshot: DataSnapshot | undefined;
  #unfollow: () => void = () => undefined;

  constructor(
    makeInstance: InstanceMaker,
    instance: PolicyInstance,
    scope: EvaluationScope,
    { bundle, reads = new Map(), resultMemory }: WasmEngineOptions,
  ) {
    this.#makeInstance = makeInstance;
    this.#instance = instance;
    this.#scope = scope;
    this.#reads = reads;
    this.#revision = bundle.manifest.revision;
    this.#results = new ResultMemory(this.#revision, resultMemory);
  }

  /** Puts each further snapshot before the policy; the one given is there already. */
  follow(external: ExternalData, present: DataSnapshot): void {
    this.#snapshot = present;
    external.applied(present);
    this.#unfollow = external.onChange(() => {
      const next = external.snapshot();
      try {
        // Made aside: what cannot be loaded leaves the policy with what it had.
        this.#instance = this.#makeInstance(next.data);
      } catch (error) {
        external.refused(error);
        return;
      }
      this.#snapshot = next;
      external.applied(next);
    });
  }

  evaluate({ deadline, input, path, signal }: Query): Evaluation {
    if (!this.#state.get()) return failed('engine_closed', 'the engine has been closed');
    if (signal?.aborted) return failed('cancelled', 'Envoy gave up on the check');
    if (deadline <= performance.now()) return failed('engine_timeout', 'the deadline passed before the evaluation');
    const evaluation = this.#run(path, input);
    if (performance.now() <= deadline) return evaluation;
    return { ...failed('engine_timeout', 'the evaluation ended after the deadline'), revision: this.#revision };
  }

  revision(): string | undefined {
    return this.#revision;
  }

  ready(): boolean {
    return this.#state.get();
  }

  onReadyChange(listener: (ready: boolean) => void): () => void {
    return this.#state.onChange(listener);
  }

  close(): Promise<void> {
    this.#unfollow();
    this.#instance = undefined;
    this.#snapshot = undefined;
    this.#state.set(false);
    return Promise.resolve();
  }

  #run(path: string, input: InputDocument): Evaluation {
    try {
      // After a failure the instance is spent: its stack pointer was not unwound, nor its heap.
      const instance = this.#instance ?? this.#makeInstance(this.#snapshot?.data);
      this.#instance = undefined;
      const entrypoint = instance.entrypoints.get(path);
      const reads = this.#reads.get(path);
      this.#scope.begin();
      const text = entrypoint === undefined ? noValue : instance.run(entrypoint, textOf(input, reads));
      const evaluation = this.#results.read(text);
      this.#instance = instance;
      return evaluation;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { ...failed('policy_error', message, error), revision: this.#revision };
    }
  }
}

function textOf(input: InputDocument, reads: InputReads | undefined): string | Uint8Array {
  return reads === undefined ? input.encoded : encodeRead(input.value, reads);
}

import type { Bundle } from '../../policy/bundle.js';
import type { Engine, Evaluation, Query } from '../engine.js';
import { failed } from '../failed.js';
import { ReadyState } from '../ready-state.js';
import { createBuiltins } from './builtins/builtins.js';
import { EvaluationScope } from './evaluation-scope.js';
import { compileBundle, type InstanceMaker, requireBuiltins, requireEntrypoints } from './load-policy.js';
import type { PolicyInstance } from './policy-instance.js';

export interface WasmEngineOptions {
  readonly bundle: Bundle;
  /** Decision paths that must be entrypoints of the module, such as `envoy/authz/allow`. */
  readonly paths: readonly string[];
  /** What `opa.runtime().env` shows to the policy. */
  readonly env?: Readonly<Record<string, string>>;
  /** How far the module's memory may grow, in bytes. */
  readonly maxMemoryBytes?: number;
}

const defaultMaxMemoryBytes = 512 * 1024 * 1024;

/**
 * Evaluates a bundle's WebAssembly module in this process, at once and synchronously: nothing else
 * runs meanwhile, and an evaluation cannot be interrupted. One that ends late is `engine_timeout`.
 * Rejects with `bundle_invalid` or `builtin_unsupported`, so that what cannot work is known at load.
 */
export async function createWasmEngine(options: WasmEngineOptions): Promise<Engine> {
  const { bundle, env = {}, maxMemoryBytes = defaultMaxMemoryBytes, paths } = options;
  const scope = new EvaluationScope(env);
  const builtins = createBuiltins(scope);
  const makeInstance = await compileBundle(bundle, builtins, { maxMemoryBytes });
  const instance = makeInstance();
  requireEntrypoints(instance, paths);
  requireBuiltins(instance, builtins, bundle.wasm ?? new Uint8Array());
  return new WasmEngine(makeInstance, instance, scope, bundle.manifest.revision);
}

class WasmEngine implements Engine {
  readonly kind = 'wasm';
  readonly #makeInstance: InstanceMaker;
  readonly #scope: EvaluationScope;
  readonly #revision: string | undefined;
  readonly #state = new ReadyState(true);
  #instance: PolicyInstance | undefined;

  constructor(
    makeInstance: InstanceMaker,
    instance: PolicyInstance,
    scope: EvaluationScope,
    revision: string | undefined,
  ) {
    this.#makeInstance = makeInstance;
    this.#instance = instance;
    this.#scope = scope;
    this.#revision = revision;
  }

  evaluate({ deadline, input, path, signal }: Query): Evaluation {
    if (!this.#state.get()) return failed('engine_closed', 'the engine has been closed');
    if (signal?.aborted) return failed('cancelled', 'Envoy gave up on the check');
    if (deadline <= performance.now()) return failed('engine_timeout', 'the deadline passed before the evaluation');
    const evaluation = this.#run(path, input.encoded);
    if (performance.now() <= deadline) return { ...evaluation, revision: this.#revision };
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
    this.#instance = undefined;
    this.#state.set(false);
    return Promise.resolve();
  }

  #run(path: string, input: Uint8Array): Evaluation {
    try {
      // After a failure the instance is spent: its stack pointer was not unwound, nor its heap.
      const instance = this.#instance ?? this.#makeInstance();
      this.#instance = undefined;
      const entrypoint = instance.entrypoints.get(path);
      this.#scope.begin();
      const result = entrypoint === undefined ? undefined : instance.evaluate(entrypoint, input);
      this.#instance = instance;
      return result === undefined ? { kind: 'undefined' } : { kind: 'result', result };
    } catch (error) {
      return failed('policy_error', error instanceof Error ? error.message : String(error), error);
    }
  }
}

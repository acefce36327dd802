import type { Engine } from '../../engine/engine.js';
import { createBuiltins, supportedBuiltins } from '../../engine/wasm/builtins/builtins.js';
import { compileBundle } from '../../engine/wasm/load-policy.js';
import { createWasmEngine } from '../../engine/wasm/wasm-engine.js';
import { PortcullisError } from '../../errors/portcullis-error.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { encodeJson } from '../../json/encode.js';
import type { JsonValue } from '../../json/json.js';
import type { Bundle } from '../../policy/bundle/bundle.js';
import type { Answer, Ask } from '../../policy/workshop/replay.js';

const maxMemoryBytes = 512 * 1024 * 1024;
const answerWithin = 10_000;

/** The built-in functions that a module calls in its host, and which of them the embedded engine lacks. */
export interface NeededBuiltins {
  readonly needed: readonly string[];
  readonly missing: readonly string[];
}

/** Loads a module as the embedded engine does, with no data. */
export async function neededBuiltins(wasm: Uint8Array): Promise<Result<NeededBuiltins>> {
  const manifest = { revision: undefined, roots: [''], entrypoints: [] };
  const bundle: Bundle = { manifest, data: {}, sources: new Map(), wasm: Uint8Array.from(wasm) };
  const context = { nowNs: () => 0n, random: () => new Uint8Array(16), env: {} };
  try {
    const makeInstance = await compileBundle(bundle, createBuiltins(context), { maxMemoryBytes });
    const needed = [...makeInstance().neededBuiltins.keys()].sort();
    return ok({ needed, missing: needed.filter((name) => !supportedBuiltins.has(name)) });
  } catch (error) {
    return fail(PortcullisError.from(error).message);
  }
}

/** Whether the embedded engine serves the bundle at these decision paths. */
export async function tryBundle(bundle: Bundle, paths: readonly string[]): Promise<Result<undefined>> {
  const engine = await openBundle(bundle, paths);
  if (!engine.ok) return engine;
  await engine.value.close();
  return ok(undefined);
}

/** Asks the bundle's policy in the embedded engine until it is closed. */
export async function askBundle(bundle: Bundle): Promise<Result<{ readonly ask: Ask; close(): Promise<void> }>> {
  const engine = await openBundle(bundle, []);
  if (!engine.ok) return engine;
  const ask = async (path: string, value: JsonValue): Promise<Answer> => {
    const input = { value, encoded: Uint8Array.from(Buffer.from(encodeJson(value))) };
    const evaluation = await engine.value.evaluate({ path, input, deadline: performance.now() + answerWithin });
    if (evaluation.kind === 'result') return { kind: 'value', value: evaluation.result };
    if (evaluation.kind === 'undefined') return evaluation;
    return { kind: 'failed', message: evaluation.error.message };
  };
  return ok({ ask, close: () => engine.value.close() });
}

async function openBundle(bundle: Bundle, paths: readonly string[]): Promise<Result<Engine>> {
  try {
    return ok(await createWasmEngine({ bundle, paths }));
  } catch (error) {
    return fail(PortcullisError.from(error).message);
  }
}

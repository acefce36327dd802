import { type BuiltinContext, createBuiltins } from '../../../../src/engine/wasm/builtins/builtins.js';
import type { RegoValue } from '../../../../src/engine/wasm/builtins/rego/rego-value.js';

export const context: BuiltinContext = {
  nowNs: () => 1_700_000_000_123_456_789n,
  random: (key) => Buffer.alloc(16, key),
  env: { REGION: 'eu' },
};

/** Calls a built-in by name. */
export function call(name: string, ...operands: unknown[]): RegoValue | undefined {
  const builtin = createBuiltins(context)[name];
  if (builtin === undefined) throw new Error(`no built-in ${name}`);
  return builtin(...operands);
}

import { randomBytes } from 'node:crypto';
import type { BuiltinContext } from './builtins/builtins.js';

/**
 * Clock and randomness as one evaluation sees them: OPA answers the same question to `time.now_ns`,
 * `uuid.rfc4122` and `rand.intn` in the same way for as long as an evaluation lasts, and so do rules
 * that ask in two places. Evaluations are synchronous, so there is one scope at a time.
 */
export class EvaluationScope implements BuiltinContext {
  readonly env: Readonly<Record<string, string>>;
  #now: bigint | undefined;
  readonly #random = new Map<string, Uint8Array>();

  constructor(env: Readonly<Record<string, string>>) {
    this.env = env;
  }

  /** Forgets what the evaluation before has seen. */
  begin(): void {
    this.#now = undefined;
    this.#random.clear();
  }

  /** Nanoseconds since 1970, exact to the millisecond. */
  nowNs(): bigint {
    this.#now ??= BigInt(Date.now()) * 1_000_000n;
    return this.#now;
  }

  /** 16 random bytes, the same for the same key. */
  random(key: string): Uint8Array {
    const known = this.#random.get(key) ?? randomBytes(16);
    this.#random.set(key, known);
    return known;
  }
}

import { Coverage } from './coverage.js';
import { runGuarded } from './guarded.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import type { FuzzTarget } from './target.js';

/** Inputs between two looks at the coverage, which costs more than a run. */
const batchSize = 200;

export interface FuzzOptions {
  readonly corpus: readonly Buffer[];
  /** Milliseconds. */
  readonly time: number;
  readonly seed: number;
}

/** An input with which the target throws, or does not end. */
export interface Finding {
  readonly input: Buffer;
  readonly error: unknown;
}

export interface FuzzReport {
  readonly runs: number;
  /** Each of them reaches code that those before it do not. */
  readonly corpus: readonly Buffer[];
  /** Characters of code that have run. */
  readonly covered: number;
  readonly finding?: Finding;
}

/**
 * Runs a target with ever new inputs, made from those that reached new code, until the time is over or
 * something is found.
 */
export function fuzzTarget(target: FuzzTarget, options: FuzzOptions): FuzzReport {
  const fuzzer = new Fuzzer(target, options);
  try {
    return fuzzer.fuzz();
  } finally {
    fuzzer.close();
  }
}

class Fuzzer {
  readonly #coverage = new Coverage((url) => url.includes('/src/'));
  readonly #random: Random;
  readonly #dictionary: readonly Buffer[];
  readonly #target: FuzzTarget;
  readonly #options: FuzzOptions;
  readonly #corpus: Buffer[] = [];
  #runs = 0;

  constructor(target: FuzzTarget, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#dictionary = target.dictionary.map((word) => Buffer.from(word, 'latin1'));
  }

  fuzz(): FuzzReport {
    const end = performance.now() + this.#options.time;
    let finding = this.#tryAll([Buffer.alloc(0), ...this.#options.corpus]);
    while (finding === undefined && performance.now() < end) {
      finding = this.#tryAll(Array.from({ length: batchSize }, () => this.#next()));
    }
    const report = { runs: this.#runs, corpus: this.#corpus, covered: this.#coverage.size() };
    return finding === undefined ? report : { ...report, finding };
  }

  close(): void {
    this.#coverage.close();
  }

  /** Recent inputs are nearer to code that nothing has reached yet. */
  #next(): Buffer {
    const { length } = this.#corpus;
    const recent = this.#random.below(2) === 0 ? this.#corpus.slice(-Math.ceil(length / 4)) : this.#corpus;
    const sources = { random: this.#random, dictionary: this.#dictionary, corpus: this.#corpus };
    return mutate(this.#random.of(recent), sources);
  }

  /** Runs each of them; keeps those that reach code which none reached before. */
  #tryAll(batch: readonly Buffer[]): Finding | undefined {
    let input: Buffer = Buffer.alloc(0);
    try {
      runGuarded(() => {
        for (const next of batch) {
          input = next;
          this.#target.run(next);
        }
      });
    } catch (error) {
      return { input, error };
    }
    this.#runs += batch.length;
    if (this.#coverage.isNew()) this.#keepNew(batch);
    return undefined;
  }

  /** Finds the inputs that reach new code by halves: most do not, and a look at the coverage takes long. */
  #keepNew(batch: readonly Buffer[]): void {
    for (const input of batch) this.#target.run(input);
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      if (this.#coverage.add()) this.#corpus.push(first);
    } else if (this.#coverage.isNew()) {
      const half = Math.ceil(batch.length / 2);
      this.#keepNew(batch.slice(0, half));
      this.#keepNew(batch.slice(half));
    }
  }
}

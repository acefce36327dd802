import type { JsonValue } from '../../json/json.js';
import { everything } from '../../policy/plan/input-reads.js';
import type { ReadSet } from '../../policy/plan/read-set.js';
import type { Engine, Evaluation, Query } from '../engine.js';
import type { CacheOptions, CacheOutcome } from './cache-options.js';
import { DecisionStore, type Stored } from './decision-store.js';
import { Flight, type Shared } from './flight.js';
import { credentialEnd, hintedAge } from './lifetime.js';
import { PolicyWatch } from './policy-watch.js';
import { projectionKey } from './projection.js';
import { weigh } from './weigh.js';

export interface CachedEngine extends Engine {
  /** Forgets all results, and what made it distrust the policy's plan. */
  clear(): void;
}

/**
 * Gives the result of an earlier evaluation where nothing that the policy can read has changed. Holds only results:
 * never an undefined decision, never a failure, nothing of a policy that depends on more than its input.
 */
export function createCachedEngine(engine: Engine, options: CacheOptions): CachedEngine {
  return new CachingEngine(engine, options);
}

interface Admitted {
  readonly key: string;
  /** Whether a result from the cache may be given, or only a new one be kept. */
  readonly lookUp: boolean;
  readonly expiresAt: number;
}

class CachingEngine implements CachedEngine {
  readonly #engine: Engine;
  readonly #options: CacheOptions;
  readonly #store: DecisionStore;
  readonly #watch: PolicyWatch;
  readonly #readSets = new Map<string, ReadSet>();
  readonly #flights = new Map<string, Flight>();
  readonly #now: () => number;
  readonly #wallClock: () => number;
  readonly #count: (result: CacheOutcome) => void;
  readonly #auditEvery: number;
  #hits = 0;
  #distrusted = false;

  constructor(engine: Engine, options: CacheOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#wallClock = options.wallClock ?? (() => Date.now() / 1000);
    this.#count = options.count ?? (() => undefined);
    this.#auditEvery = options.auditEvery ?? 256;
    this.#store = new DecisionStore(options.maxEntries, options.maxBytes);
    this.#watch = new PolicyWatch(options.recheckRevision, () => this.#forget());
  }

  get kind(): string {
    return this.#engine.kind;
  }

  evaluate(query: Query): Evaluation | Promise<Evaluation> {
    const admitted = this.#admit(query);
    if (admitted === undefined) return this.#bypass(query);
    const { expiresAt, key, lookUp } = admitted;
    if (!lookUp) return this.#lead(query, key, expiresAt);
    const kept = this.#store.get(key, this.#now());
    if (kept === undefined || kept.expiresAt <= this.#wallClock()) {
      const flight = this.#flights.get(key);
      return flight === undefined ? this.#lead(query, key, expiresAt) : this.#follow(query, flight);
    }
    this.#hits += 1;
    if (this.#hits % this.#auditEvery === 0) return this.#lead(query, key, expiresAt, kept);
    this.#count('hit');
    return kept.evaluation;
  }

  revision(): string | undefined {
    return this.#engine.revision();
  }

  ready(): boolean {
    return this.#engine.ready();
  }

  onReadyChange(listener: (ready: boolean) => void): () => void {
    return this.#engine.onReadyChange(listener);
  }

  clear(): void {
    this.#distrusted = false;
    this.#watch.forget();
    this.#forget();
  }

  close(): Promise<void> {
    this.clear();
    return this.#engine.close();
  }

  /** Undefined for a check whose result may neither be taken from the cache nor be kept. */
  #admit({ deadline, input, path, signal }: Query): Admitted | undefined {
    const now = this.#now();
    if (this.#distrusted || !this.#engine.ready() || signal?.aborted || deadline <= now) return undefined;
    const expiresAt = credentialEnd(input.value);
    if (expiresAt <= this.#wallClock()) return undefined;
    const known = this.#watch.known();
    if (known === undefined) return undefined;
    const readSet = this.#options.readSet(path, known.revision);
    if (readSet === undefined || readSet.impure.length > 0) return undefined;
    this.#noticeReadSet(path, readSet);
    const key = projectionKey(readSet.input, input.value, [path, known.revision ?? '']);
    return key === undefined ? undefined : { key, expiresAt, lookUp: this.#watch.isFresh(now) };
  }

  /** Read anew, it may belong to another policy under the same revision. */
  #noticeReadSet(path: string, readSet: ReadSet): void {
    const before = this.#readSets.get(path);
    if (before === readSet) return;
    this.#readSets.set(path, readSet);
    if (before !== undefined) this.clear();
  }

  #bypass(query: Query): Evaluation | Promise<Evaluation> {
    this.#count('bypass');
    const seen = this.#watch.begin(this.#now());
    const evaluation = this.#engine.evaluate(query);
    const look = (settled: Evaluation): Evaluation => {
      seen(settled);
      return settled;
    };
    return evaluation instanceof Promise ? evaluation.then(look) : look(evaluation);
  }

  #lead(query: Query, key: string, expiresAt: number, kept?: Stored): Evaluation | Promise<Evaluation> {
    this.#count('miss');
    const started = this.#now();
    const seen = this.#watch.begin(started);
    const settle = (evaluation: Evaluation): Shared => {
      const unchanged = seen(evaluation);
      if (unchanged && kept !== undefined) this.#compare(query.path, kept, evaluation);
      return unchanged ? this.#keep(key, evaluation, started, expiresAt) : { kind: 'alone' };
    };
    const evaluation = this.#engine.evaluate(query);
    if (!(evaluation instanceof Promise)) {
      settle(evaluation);
      return evaluation;
    }
    const flight = new Flight();
    this.#flights.set(key, flight);
    const land = (shared: Shared): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      flight.land(shared);
    };
    return evaluation.then(
      (settled) => {
        land(settle(settled));
        return settled;
      },
      (error: unknown) => {
        land({ kind: 'alone' });
        throw error;
      },
    );
  }

  async #follow(query: Query, flight: Flight): Promise<Evaluation> {
    const shared = await flight.wait(query, this.#now());
    if (shared.kind === 'again') return this.evaluate(query);
    if (shared.kind === 'alone') return this.#bypass(query);
    this.#count(shared.evaluation.kind === 'result' ? 'hit' : 'miss');
    return shared.evaluation;
  }

  /** Keeps a result as long as policy, credential and configuration all let it; says what others may make of it. */
  #keep(key: string, evaluation: Evaluation, started: number, expiresAt: number): Shared {
    if (evaluation.kind === 'failed') {
      const own = evaluation.error.code === 'cancelled' || evaluation.error.code === 'engine_timeout';
      return own ? { kind: 'again' } : { kind: 'answer', evaluation };
    }
    if (evaluation.kind === 'undefined') return { kind: 'answer', evaluation };
    const until = started + Math.min(this.#options.maxAge, hintedAge(evaluation.result) ?? Number.POSITIVE_INFINITY);
    if (until <= this.#now() || expiresAt <= this.#wallClock() || this.#distrusted) return { kind: 'alone' };
    const cached = { ...evaluation, cached: true } as const;
    this.#store.set(key, { evaluation: cached, until, expiresAt, bytes: weigh(evaluation.result, key) });
    return { kind: 'answer', evaluation: cached };
  }

  /** A plan that was not made of the policy that is evaluated cannot be told by looking at it; here it shows. */
  #compare(path: string, kept: Stored, evaluation: Evaluation): void {
    if (evaluation.kind === 'failed' || this.#distrusted) return;
    if (evaluation.kind === 'result' && isSame(evaluation.result, kept.evaluation.result)) return;
    this.#distrusted = true;
    this.#forget();
    this.#options.onDisagreement?.(path);
  }

  #forget(): void {
    this.#store.clear();
    this.#flights.clear();
  }
}

function isSame(left: JsonValue, right: JsonValue): boolean {
  return projectionKey(everything, left, []) === projectionKey(everything, right, []);
}

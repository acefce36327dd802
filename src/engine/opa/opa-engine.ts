import type { Engine, Evaluation, Query } from '../engine.js';
import { failed } from '../failed.js';
import { ReadyState } from '../ready-state.js';
import { EqualResults } from './equal-results.js';
import { type BatchOptions, OpaBatcher } from './opa-batcher.js';
import { OpaClient, type OpaTls } from './opa-client.js';
import { OpaQuery } from './opa-query.js';
import { PendingQuery } from './pending-query.js';
import type { ProjectionOf } from './projection.js';
import { defaultProbeIntervals, type ProbeIntervals, ReadinessProbe } from './readiness-probe.js';

export interface OpaEngineOptions {
  /** `http://host:port`, `https://host:port` or `unix:///path/to/socket`. */
  readonly url: string;
  /** Bearer token, or a function that returns the present one and is asked for each request. */
  readonly token?: string | (() => string | undefined) | undefined;
  readonly tls?: OpaTls | undefined;
  /** Connections kept to OPA; as many evaluations are under way at once. */
  readonly connections?: number;
  /** Longest answer that is read, in bytes. */
  readonly maxAnswerBytes?: number;
  readonly probe?: ProbeIntervals;
  /** Without it, each query goes on its own. */
  readonly batch?: BatchOptions | undefined;
  /** Whether equal results are one object; they are unless it says no. */
  readonly resultMemory?: boolean;
  /** Without it, OPA is sent the whole input. */
  readonly projection?: ProjectionOf | undefined;
}

/**
 * Asks an OPA server over HTTP. Starts to probe its health at once and is not ready until OPA has
 * said so. Throws `config_invalid` if the URL is none.
 */
export function createOpaEngine(options: OpaEngineOptions): Engine {
  return new OpaEngine(options);
}

class OpaEngine implements Engine {
  readonly kind = 'opa';
  readonly #client: OpaClient;
  readonly #state = new ReadyState(false);
  readonly #probe: ReadinessProbe;
  readonly #batcher: OpaBatcher | undefined;
  readonly #projectionOf: ProjectionOf;
  readonly #equal: EqualResults | undefined;
  readonly #underWay = new Set<PendingQuery>();
  #revision: string | undefined;
  #closed = false;

  constructor(options: OpaEngineOptions) {
    const { connections = 32, maxAnswerBytes = 4 * 1024 * 1024, probe = defaultProbeIntervals } = options;
    const { batch, projection = () => undefined, resultMemory = true, token, tls, url } = options;
    this.#client = new OpaClient({ url, token, tls, connections, maxAnswerBytes });
    this.#projectionOf = projection;
    this.#equal = resultMemory ? new EqualResults() : undefined;
    this.#batcher = batch && new OpaBatcher(this.#client, batch, () => this.#revision, projection);
    this.#probe = new ReadinessProbe(this.#client, this.#state, probe);
  }

  evaluate(query: Query): Evaluation | Promise<Evaluation> {
    if (this.#closed) return closed();
    if (query.signal?.aborted) return failed('cancelled', 'Envoy gave up on the check');
    if (query.deadline <= performance.now())
      return failed('engine_timeout', 'the deadline passed before OPA was asked');
    return new Promise((resolve) => {
      const pending = new PendingQuery(query, (evaluation) => {
        this.#underWay.delete(pending);
        this.#observe(evaluation);
        resolve(this.#equal?.of(evaluation) ?? evaluation);
      });
      this.#underWay.add(pending);
      if (this.#batcher !== undefined) this.#batcher.ask(pending);
      else new OpaQuery(this.#client, pending, this.#projectionOf(query.path, this.#revision), () => undefined);
    });
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

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#probe.stop();
    this.#batcher?.stop();
    for (const query of [...this.#underWay]) query.end(closed());
    this.#state.set(false);
    await this.#client.close();
  }

  /** One failed evaluation says little about OPA as a whole, so it only makes the next probe come at once. */
  #observe(evaluation: Evaluation): void {
    if (evaluation.kind !== 'failed') this.#revision = evaluation.revision ?? this.#revision;
    else if (evaluation.error.code === 'engine_unreachable') this.#probe.hurry();
  }
}

function closed(): Evaluation {
  return failed('engine_closed', 'the engine has been closed');
}

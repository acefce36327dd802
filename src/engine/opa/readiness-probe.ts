import type { ReadyState } from '../ready-state.js';
import type { HttpExchange } from './http-exchange.js';
import type { OpaClient } from './opa-client.js';

export interface ProbeIntervals {
  /** Milliseconds between probes while OPA is ready. */
  readonly ready: number;
  /** Milliseconds between probes while it is not. */
  readonly notReady: number;
  /** Milliseconds after which a probe counts as failed. */
  readonly timeout: number;
}

export const defaultProbeIntervals: ProbeIntervals = { ready: 2000, notReady: 250, timeout: 1000 };

/** Asks OPA again and again whether it is up and has activated its bundles. Keeps no process alive. */
export class ReadinessProbe {
  readonly #client: OpaClient;
  readonly #state: ReadyState;
  readonly #intervals: ProbeIntervals;
  #timer: NodeJS.Timeout | undefined;
  #exchange: HttpExchange | undefined;
  #stopped = false;

  constructor(client: OpaClient, state: ReadyState, intervals: ProbeIntervals) {
    this.#client = client;
    this.#state = state;
    this.#intervals = intervals;
    this.#probe();
  }

  /** Probes at once, unless a probe is under way. */
  hurry(): void {
    if (this.#exchange !== undefined || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#probe();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#exchange?.abandon(new Error('the engine is closed'));
  }

  #probe(): void {
    this.#after(this.#intervals.timeout, () => {
      this.#exchange?.abandon(new Error('the probe took too long'));
      this.#finish(false);
    });
    let over = false;
    const finish = (ready: boolean): void => {
      over = true;
      this.#finish(ready);
    };
    const exchange = this.#client.health({
      answered: ({ status }) => finish(status === 200),
      failed: () => finish(false),
    });
    if (!over) this.#exchange = exchange;
  }

  #finish(ready: boolean): void {
    if (this.#stopped) return;
    this.#exchange = undefined;
    this.#after(ready ? this.#intervals.ready : this.#intervals.notReady, () => this.#probe());
    this.#state.set(ready);
  }

  #after(milliseconds: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, milliseconds).unref();
  }
}

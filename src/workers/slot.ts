import { setTimeout as delay } from 'node:timers/promises';
import { PortcullisError } from '../errors/portcullis-error.js';
import type { Logger } from '../telemetry/logger.js';
import { backOff, steadyAfter } from './back-off.js';
import type { Exit, WorkerLife } from './worker-life.js';

export interface SlotParts {
  readonly worker: number;
  /** Begins a life with the configuration in force. */
  readonly begin: () => WorkerLife;
  readonly restarted: () => void;
  readonly logger: Logger;
}

/** One place among the workers: when its worker ends, another takes its place. */
export class Slot {
  readonly worker: number;
  readonly #parts: SlotParts;
  readonly #ending = new AbortController();
  #life: WorkerLife | undefined;
  #restarts = 0;
  #kept: Promise<Exit> | undefined;

  constructor(parts: SlotParts) {
    this.worker = parts.worker;
    this.#parts = parts;
  }

  life(): WorkerLife | undefined {
    return this.#life;
  }

  restarts(): number {
    return this.#restarts;
  }

  /** @throws PortcullisError when the first worker of this place cannot serve */
  async open(): Promise<void> {
    const life = this.#parts.begin();
    this.#life = life;
    const served = await life.served;
    if (!served.ok) throw new PortcullisError(served.error.code, served.error.message);
    this.#kept = this.#keep(life);
  }

  /** Asks the worker to drain and end; resolves to whether every check could end by itself. */
  async close(): Promise<boolean> {
    this.#ending.abort();
    if (this.#life?.address() === undefined) {
      this.#life?.kill();
      await this.#life?.exited;
      return true;
    }
    this.hurry();
    return (await this.#kept)?.code === 0;
  }

  /** While it drains: cuts what is left. */
  hurry(): void {
    this.#life?.tell({ order: 'stop' });
  }

  /** Resolves to the last exit, once the place is being closed. */
  async #keep(first: WorkerLife): Promise<Exit> {
    let life = first;
    for (let failures = 0; ; ) {
      const began = performance.now();
      const exit = await life.exited;
      if (this.#ending.signal.aborted) return exit;
      failures = performance.now() - began < steadyAfter ? failures + 1 : 1;
      const wait = backOff(failures);
      this.#parts.logger.error({ worker: this.worker, ...exit, wait }, 'a worker ended; another takes its place');
      await delay(wait, undefined, { signal: this.#ending.signal }).catch(() => {});
      // Nobody was at work when the end came.
      if (this.#ending.signal.aborted) return { code: 0, signal: null };
      life = this.#restart();
    }
  }

  #restart(): WorkerLife {
    const { begin, logger, restarted } = this.#parts;
    const life = begin();
    this.#life = life;
    this.#restarts += 1;
    restarted();
    void life.served.then((served) => {
      if (served.ok) logger.info({ worker: this.worker, grpc: served.value }, 'the worker serves again');
      else logger.error({ worker: this.worker, err: served.error }, 'the worker cannot start');
    });
    return life;
  }
}

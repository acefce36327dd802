import type { ChildProcess } from 'node:child_process';
import type { Config } from '../config/schema.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { Logger } from '../telemetry/logger.js';
import type { PublicKeys, Reloaded } from './messages.js';
import { Slot } from './slot.js';
import { WorkerLife } from './worker-life.js';

export interface SupervisorParts {
  readonly config: Config;
  /** Starts a worker that waits for its first order. */
  readonly fork: () => ChildProcess;
  readonly restarted: (worker: number) => void;
  readonly logger: Logger;
}

/** A worker as `/status` shows it. */
export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number | null;
  readonly grpc: string | null;
  readonly restarts: number;
  /** `ready`, why it is not, `starting` or `ended`. */
  readonly state: string;
}

/** Milliseconds: a bundle is read, compiled and tried out. */
const reloadTimeout = 60_000;

/** Keeps the configured number of workers alive and on one configuration. */
export class Supervisor {
  readonly #logger: Logger;
  readonly #slots: readonly Slot[];
  #config: Config;
  #open = false;
  #draining = false;

  constructor({ config, fork, logger, restarted }: SupervisorParts) {
    this.#logger = logger;
    this.#config = config;
    this.#slots = Array.from({ length: config.workers.count }, (_, worker) => {
      const begin = () => new WorkerLife(fork(), { order: 'start', worker, config: this.#config });
      return new Slot({ worker, begin, restarted: () => restarted(worker), logger });
    });
  }

  /** @throws PortcullisError when one of them cannot serve; none is left running then */
  async open(): Promise<void> {
    try {
      await Promise.all(this.#slots.map((slot) => slot.open()));
      this.#open = true;
    } catch (error) {
      await Promise.all(this.#slots.map((slot) => slot.close()));
      throw error;
    }
  }

  config(): Config {
    return this.#config;
  }

  addresses(): readonly string[] {
    return this.#slots.map((slot) => slot.life()?.address() ?? '');
  }

  /** Not ready before all have served, so that half of them do not get the work of all; then ready while one is. */
  state(): string {
    if (this.#draining) return 'draining';
    if (!this.#open) return 'starting';
    const states = this.#slots.map((slot) => slot.life()?.state() ?? 'ended');
    if (states.includes('ready')) return 'ready';
    return states.find((state) => state !== 'ended' && state !== 'starting') ?? 'no_worker';
  }

  isUp(worker: number): boolean {
    return this.#slots[worker]?.life()?.state() === 'ready';
  }

  /**
   * Puts a configuration into force in one worker and, when that one takes it, in all others: what is wrong with it
   * shows in the first and leaves all on the old one.
   *
   * @returns the error of the worker that refused it
   */
  async reload(config: Config): Promise<Result<void>> {
    const serving = this.#slots.filter((slot) => slot.life()?.address() !== undefined);
    const [first, ...others] = serving;
    if (first === undefined) return fail('no worker is running');
    const tried = await this.#reloadOne(first, config);
    if (!tried.ok) return tried;
    // Whoever is started from now on begins with the new one.
    this.#config = config;
    await Promise.all(
      others.map(async (slot) => {
        const reloaded = await this.#reloadOne(slot, config);
        if (!reloaded.ok) this.#replace(slot, reloaded.error);
      }),
    );
    return ok(undefined);
  }

  /** The pages of those that answer. */
  async metrics(): Promise<readonly string[]> {
    const pages = await Promise.all(this.#slots.map((slot) => slot.life()?.ask({ order: 'metrics' })));
    return pages.filter((page) => typeof page === 'string');
  }

  /** The public keys of those that answer (JWK, RFC 7517). Each has read the files when it began or was last reloaded. */
  async publicKeys(): Promise<PublicKeys['keys']> {
    const sets = await Promise.all(this.#slots.map((slot) => slot.life()?.ask({ order: 'public_keys' })));
    return sets.flatMap((set) => (set as PublicKeys | undefined)?.keys ?? []);
  }

  /** What each says of itself, beside what is known of it. */
  status(): Promise<readonly WorkerStatus[]> {
    return Promise.all(
      this.#slots.map(async (slot) => {
        const life = slot.life();
        const own = (await life?.ask({ order: 'status' })) as object | undefined;
        const state = life?.state() ?? 'ended';
        const known = { pid: life?.pid ?? null, grpc: life?.address() ?? null, restarts: slot.restarts(), state };
        return { worker: slot.worker, ...known, ...own };
      }),
    );
  }

  /** Asks all to drain and end. */
  async close(hurry: AbortSignal): Promise<'drained' | 'forced'> {
    this.#draining = true;
    hurry.addEventListener('abort', () => {
      for (const slot of this.#slots) slot.hurry();
    });
    const drained = await Promise.all(this.#slots.map((slot) => slot.close()));
    return drained.every(Boolean) ? 'drained' : 'forced';
  }

  async #reloadOne(slot: Slot, config: Config): Promise<Result<void>> {
    const answer = await slot.life()?.ask({ order: 'reload', config }, reloadTimeout);
    return (answer as Reloaded | undefined) ?? fail('the worker did not answer');
  }

  /** The files changed between two workers: one of another mind is ended, and begins anew on the new configuration. */
  #replace(slot: Slot, problem: string): void {
    this.#logger.error({ worker: slot.worker, problem }, 'a worker refuses what another has taken; it is ended');
    slot.life()?.kill();
  }
}

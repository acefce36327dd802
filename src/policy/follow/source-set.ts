import { PortcullisError } from '../../errors/portcullis-error.js';
import { fail, ok, type Result } from '../../errors/result.js';
import type { Bundle } from '../bundle/bundle.js';
import type { BundleStore } from '../store/bundle-store.js';
import type { ActivationQueue } from './activation-queue.js';
import {
  type Activation,
  type BundleEvent,
  BundleFollower,
  type FollowerOptions,
  type StartOptions,
} from './bundle-follower.js';
import type { BundleState } from './bundle-state.js';

/** One bundle to follow, and the store to close after it. */
export interface Source {
  readonly store: BundleStore;
  readonly options: Omit<FollowerOptions, 'activate' | 'onEvent'>;
}

export interface SourceSetParts {
  readonly queue: ActivationQueue;
  /** Puts these bundles into force as one, or says why not. */
  readonly serve: (bundles: ReadonlyMap<string, Bundle>) => Promise<Result<undefined, PortcullisError>>;
  /** Called within the step of the queue in which the set first serves. */
  readonly onServing?: () => void;
  readonly onEvent: (event: BundleEvent) => void;
}

/** Sources that serve together, or not at all. */
export class SourceSet {
  readonly #parts: SourceSetParts;
  readonly #sources: readonly Source[];
  readonly #followers: readonly BundleFollower[];
  readonly #bundles = new Map<string, Bundle>();
  readonly #served: Promise<void>;
  #resolveServed: () => void = () => undefined;
  #serves = false;
  #retired = false;

  constructor(sources: readonly Source[], parts: SourceSetParts) {
    this.#parts = parts;
    this.#served = new Promise((resolve) => {
      this.#resolveServed = resolve;
    });
    this.#sources = sources;
    this.#followers = sources.map(({ options }) => this.#follower(options));
  }

  start(from: StartOptions): void {
    for (const follower of this.#followers) follower.start(from);
  }

  states(): readonly BundleState[] {
    return this.#followers.map(({ state }) => state);
  }

  /** Looks at all sources at once. */
  hurry(): void {
    for (const follower of this.#followers) follower.hurry();
  }

  /** From now on nothing of it is put into force, and nothing is heard of it. */
  retire(): void {
    this.#retired = true;
  }

  /** Must not be awaited within a step of the queue: a follower may wait there for its own. */
  async close(): Promise<void> {
    this.retire();
    await Promise.all(this.#followers.map((follower) => follower.close()));
    for (const { store } of this.#sources) store.close();
  }

  /** Removes from the disk what was kept of these sources. */
  async forget(names: readonly string[]): Promise<void> {
    const forgotten = this.#sources.filter(({ options }) => names.includes(options.name));
    await Promise.all(forgotten.map(({ options }) => options.kept?.remove()));
  }

  #follower(options: Source['options']): BundleFollower {
    return new BundleFollower({
      ...options,
      activate: (bundle) => this.#parts.queue.run(() => this.#put(options.name, bundle)),
      onEvent: (event) => {
        if (!this.#retired) this.#parts.onEvent(event);
      },
    });
  }

  async #put(name: string, bundle: Bundle): Promise<Result<Activation, PortcullisError>> {
    if (this.#retired) return fail(new PortcullisError('engine_closed', 'the source is not followed any more'));
    const next = new Map([...this.#bundles, [name, bundle]]);
    // Part of the data could allow what all of it denies: nothing serves until every source has given its bundle.
    if (next.size < this.#followers.length) {
      this.#bundles.set(name, bundle);
      return ok({ served: this.#served });
    }
    const served = await this.#parts.serve(next);
    if (!served.ok) return served;
    this.#bundles.set(name, bundle);
    if (!this.#serves) {
      this.#serves = true;
      this.#parts.onServing?.();
      this.#resolveServed();
    }
    return ok('serves');
  }
}

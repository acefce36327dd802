import { PortcullisError } from '../../errors/portcullis-error.js';
import { fail, ok, type Result } from '../../errors/result.js';
import type { Bundle, BundleLimits } from '../bundle/bundle.js';
import type { BundleVerification } from '../signature/verify-bundle.js';
import { type BundleState, noteFailure, noteSuccess } from './bundle-state.js';
import type { KeptBundle } from './kept-bundle.js';
import type { BundleOrigin, Delivery } from './origin.js';
import { type Pace, pauseAfter } from './pace.js';
import { readDelivery } from './read-delivery.js';

/** What became of one look at the origin. */
export type BundleEvent =
  | { readonly kind: 'activated' | 'waiting' | 'retired'; readonly state: BundleState }
  | { readonly kind: 'failed'; readonly state: BundleState; readonly error: PortcullisError }
  | { readonly kind: 'stale' | 'fresh'; readonly state: BundleState };

export interface StartOptions {
  /** Whether to begin with what was kept on the disk. */
  readonly fromDisk: boolean;
}

/** Whether a bundle serves at once, or when others do that it needs beside it. */
export type Activation = 'serves' | { readonly served: Promise<void> };

export interface FollowerOptions {
  readonly name: string;
  readonly channel: string | undefined;
  readonly origin: BundleOrigin;
  readonly limits: BundleLimits;
  /** Read for each bundle, since the key may be renewed. */
  readonly verification: () => Promise<BundleVerification | undefined>;
  readonly pace: Pace;
  /** Milliseconds without news after which the bundle is `stale`. */
  readonly alarmAfter: number;
  readonly kept: KeptBundle | undefined;
  /** Puts a bundle into force, or says why not. What served before goes on then. */
  readonly activate: (bundle: Bundle, type: BundleType) => Promise<Result<Activation, PortcullisError>>;
  readonly onEvent: (event: BundleEvent) => void;
}

type BundleType = 'snapshot' | 'delta';

/** A bundle that was taken, whether it serves already or not. */
interface Taken {
  readonly activation: Activation;
  readonly revision: string | undefined;
  readonly type: BundleType;
  readonly size: number;
  /** Whether it came from the disk. */
  readonly persisted: boolean;
  /** What is to be kept once it serves. */
  readonly snapshot: Buffer | undefined;
}

/** Looks again and again whether there is a new bundle, and has it put into force. */
export class BundleFollower {
  readonly state: BundleState;
  readonly #options: FollowerOptions;
  readonly #closing = new AbortController();
  /** What a delta bundle changes. */
  #bundle: Bundle | undefined;
  #waiting: Taken | undefined;
  #version: string | undefined;
  #failures = 0;
  #hurry: (() => void) | undefined;
  #alarm: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    const { channel, name } = options;
    this.#options = options;
    this.state = { name, ...(channel !== undefined && { channel }), stale: false };
  }

  /** Begins with the bundle on the disk, if there is one, and goes on with the origin until it is closed. */
  start({ fromDisk }: StartOptions): void {
    this.#expectNews();
    this.#running ??= this.#follow(fromDisk);
  }

  /** Looks at once. */
  hurry(): void {
    this.#hurry?.();
  }

  async close(): Promise<void> {
    clearTimeout(this.#alarm);
    this.#closing.abort();
    await this.#running;
    await this.#keeping;
  }

  async #follow(fromDisk: boolean): Promise<void> {
    if (fromDisk) await this.#resume();
    while (!this.#closing.signal.aborted) {
      const asked = performance.now();
      const before = this.#version;
      await this.#look();
      const news = this.#version !== undefined && this.#version !== before;
      const look = { failures: this.#failures, took: performance.now() - asked, news };
      await this.#pause(pauseAfter(look, this.#options.pace));
    }
  }

  /** The bundle on the disk was trusted when it was kept; whoever can write there must not gain by it. */
  async #resume(): Promise<void> {
    const { kept, limits } = this.#options;
    const content = await kept?.read(limits.maxArchiveBytes);
    if (content === undefined) return;
    const taken = await this.#open(content, { persisted: true });
    if (taken.ok) await this.#announce(taken.value);
    else this.#fail(taken.error);
  }

  async #look(): Promise<void> {
    const { limits, origin, pace } = this.#options;
    this.state.last_request = now();
    const fetched = await origin
      .fetch({
        known: this.#version,
        maxBytes: limits.maxArchiveBytes,
        wait: this.#version === undefined ? 0 : pace.longPolling,
        signal: this.#closing.signal,
      })
      .catch((error: unknown) => fail(String(error)));
    if (this.#closing.signal.aborted) return;
    if (!fetched.ok) {
      return this.#fail(new PortcullisError('bundle_unreachable', `no bundle from ${origin.place}: ${fetched.error}`));
    }
    this.state.last_successful_request = now();
    const taken = await this.#take(fetched.value);
    if (!taken.ok) return this.#fail(taken.error);
    this.#failures = 0;
    noteSuccess(this.state);
    this.#expectNews();
    if (taken.value !== undefined) await this.#announce(taken.value);
  }

  /** `undefined` if there is nothing new. */
  async #take(delivery: Delivery): Promise<Result<Taken | undefined, PortcullisError>> {
    if (delivery.kind === 'unchanged') return ok(undefined);
    this.state.last_successful_download = now();
    const { content, revision, version } = delivery;
    const opened = await this.#open(content, { persisted: false, revision });
    // Asked for again in full if refused: a delta may not fit what is here, or a renewed key what was refused.
    this.#version = opened.ok ? version : undefined;
    return opened;
  }

  async #open(
    content: Buffer,
    { persisted, revision }: { readonly persisted: boolean; readonly revision?: string | undefined },
  ): Promise<Result<Taken, PortcullisError>> {
    const { activate, limits, verification } = this.#options;
    try {
      const options = { limits, verification: await verification(), active: this.#bundle };
      const opened = await readDelivery(content, options);
      if (!opened.ok) return opened;
      const { bundle, type } = opened.value;
      const found = bundle.manifest.revision;
      if (revision !== undefined && found !== revision) {
        return fail(new PortcullisError('bundle_invalid', `the bundle of ${revision} says it is another revision`));
      }
      const activated = await activate(bundle, type);
      if (!activated.ok) return activated;
      this.#bundle = bundle;
      // A change alone could not be started from; what it changes is on the disk already, or waits to be kept.
      const snapshot = type === 'snapshot' ? content : this.#waiting?.snapshot;
      const size = content.length;
      return ok({ activation: activated.value, revision: found, type, size, persisted, snapshot });
    } catch (error) {
      return fail(PortcullisError.from(error));
    }
  }

  async #announce(taken: Taken): Promise<void> {
    if (taken.activation === 'serves') return this.#activated(taken);
    this.#waiting = taken;
    if (taken.revision !== undefined) this.state.pending_revision = taken.revision;
    this.#options.onEvent({ kind: 'waiting', state: this.state });
    void taken.activation.served.then(() => {
      // Only the last that came in the meantime serves.
      if (this.#waiting === taken) this.#keeping = this.#activated(taken);
    });
  }

  async #activated({ persisted, revision, size, snapshot, type }: Taken): Promise<void> {
    this.#waiting = undefined;
    delete this.state.pending_revision;
    if (revision === undefined) delete this.state.active_revision;
    else this.state.active_revision = revision;
    if (persisted) this.state.persisted = true;
    else delete this.state.persisted;
    Object.assign(this.state, { type, size, last_successful_activation: now() });
    if (!persisted && snapshot !== undefined) await this.#keep(snapshot);
    this.#options.onEvent({ kind: 'activated', state: this.state });
  }

  async #keep(content: Buffer): Promise<void> {
    try {
      await this.#options.kept?.write(content);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#fail(new PortcullisError('bundle_unreachable', `the bundle cannot be kept on the disk: ${reason}`));
    }
  }

  #fail(error: PortcullisError): void {
    this.#failures += 1;
    noteFailure(this.state, error);
    this.#options.onEvent({ kind: 'failed', state: this.state, error });
  }

  /** The alarm goes off unless there is news in time. */
  #expectNews(): void {
    clearTimeout(this.#alarm);
    if (this.state.stale) {
      this.state.stale = false;
      this.#options.onEvent({ kind: 'fresh', state: this.state });
    }
    this.#alarm = setTimeout(() => {
      this.state.stale = true;
      this.#options.onEvent({ kind: 'stale', state: this.state });
    }, this.#options.alarmAfter).unref();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#closing;
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#hurry = undefined;
        resolve();
      };
      const timer = setTimeout(end, milliseconds).unref();
      this.#hurry = end;
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });
  }
}

function now(): string {
  return new Date().toISOString();
}

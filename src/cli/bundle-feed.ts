import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import type { ReplaceableEngine } from '../engine/replaceable-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { Bundle } from '../policy/bundle/bundle.js';
import { ActivationQueue } from '../policy/follow/activation-queue.js';
import type { BundleEvent } from '../policy/follow/bundle-follower.js';
import { combineBundles } from '../policy/follow/bundle-set.js';
import type { BundleState, DiscoveryState } from '../policy/follow/bundle-state.js';
import { SetSuccession } from '../policy/follow/set-succession.js';
import { BundleDiscovery } from './bundle-discovery.js';
import { openSources } from './bundle-sources.js';
import { readVerification } from './verification.js';

type BundlesConfig = Config['bundles'];

export interface FeedParts {
  readonly engine: ReplaceableEngine;
  /** Compiles aside; throws PortcullisError. */
  readonly open: (bundle: Bundle) => Promise<Engine>;
  readonly onEvent: (event: BundleEvent) => void;
}

/** Keeps the embedded engine at what the sources hold: those of the configuration, or those of a discovery bundle. */
export class BundleFeed {
  readonly #parts: FeedParts;
  readonly #queue = new ActivationQueue();
  readonly #succession: SetSuccession;
  #discovery: BundleDiscovery | undefined;

  private constructor(parts: FeedParts) {
    this.#parts = parts;
    const { onEvent } = parts;
    this.#succession = new SetSuccession({ queue: this.#queue, serve: (bundles) => this.#serve(bundles), onEvent });
  }

  /** @throws PortcullisError `config_invalid` for a source that is none, or a key that cannot be used */
  static async open(config: BundlesConfig, parts: FeedParts): Promise<BundleFeed> {
    await readVerification(config.verification, 'bundles.verification');
    const feed = new BundleFeed(parts);
    if (config.discovery === undefined) {
      const sources = await openSources(config, config.sources, 'bundles.sources');
      await feed.#queue.run(() => feed.#succession.propose(sources));
    } else {
      feed.#discovery = await feed.#discover(config, config.discovery);
    }
    return feed;
  }

  states(): Readonly<Record<string, BundleState>> {
    return this.#succession.states();
  }

  /** How it stands with the bundle that says which ones are followed, if there is one. */
  discovery(): DiscoveryState | undefined {
    if (this.#discovery === undefined) return undefined;
    const pending = this.#succession.pending();
    return { ...this.#discovery.state(), ...(pending !== undefined && { pending }) };
  }

  /** Looks at all sources at once. */
  hurry(): void {
    this.#discovery?.hurry();
    this.#succession.hurry();
  }

  async close(): Promise<void> {
    // First the one that could propose another set.
    await this.#discovery?.close();
    await this.#succession.close();
  }

  #discover(config: BundlesConfig, discovery: NonNullable<BundlesConfig['discovery']>): Promise<BundleDiscovery> {
    const { onEvent } = this.#parts;
    return BundleDiscovery.open(config, discovery, { queue: this.#queue, succession: this.#succession, onEvent });
  }

  async #serve(bundles: ReadonlyMap<string, Bundle>): Promise<Result<undefined, PortcullisError>> {
    const combined = combineBundles(bundles);
    if (!combined.ok) return fail(new PortcullisError('bundle_invalid', combined.error));
    try {
      await this.#parts.engine.replace(await this.#parts.open(combined.value));
      return ok(undefined);
    } catch (error) {
      return fail(PortcullisError.from(error));
    }
  }
}

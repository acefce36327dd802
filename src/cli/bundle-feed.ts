import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import type { ReplaceableEngine } from '../engine/replaceable-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { Bundle } from '../policy/bundle/bundle.js';
import { type BundleEvent, BundleFollower } from '../policy/follow/bundle-follower.js';
import { combineBundles } from '../policy/follow/bundle-set.js';
import type { BundleState } from '../policy/follow/bundle-state.js';
import { KeptBundle } from '../policy/follow/kept-bundle.js';
import { channelOrigin, objectOrigin } from '../policy/follow/origin.js';
import type { BundleStore } from '../policy/store/bundle-store.js';
import { openStore, parseStore } from '../policy/store/open-store.js';
import { readVerification } from './verification.js';

type BundlesConfig = Config['bundles'];
type Source = BundlesConfig['sources'][number];

export interface FeedParts {
  readonly engine: ReplaceableEngine;
  /** Compiles aside; throws PortcullisError. */
  readonly open: (bundle: Bundle) => Promise<Engine>;
  readonly onEvent: (event: BundleEvent) => void;
}

/** Keeps the embedded engine at what the configured sources hold. */
export class BundleFeed {
  readonly #parts: FeedParts;
  readonly #stores: readonly BundleStore[];
  readonly #followers: readonly BundleFollower[];
  readonly #bundles = new Map<string, Bundle>();
  #activating: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(config: BundlesConfig, stores: readonly BundleStore[], parts: FeedParts) {
    this.#parts = parts;
    this.#stores = stores;
    this.#followers = config.sources.map((source, index) =>
      this.#follower(config, source, stores[index] as BundleStore),
    );
  }

  /** @throws PortcullisError `config_invalid` for a source that is none, or a key that cannot be used */
  static async open(config: BundlesConfig, parts: FeedParts): Promise<BundleFeed> {
    await readVerification(config.verification, 'bundles.verification');
    const stores = await Promise.all(config.sources.map((source, index) => openSource(config, source, index)));
    const feed = new BundleFeed(config, stores, parts);
    for (const follower of feed.#followers) follower.start();
    return feed;
  }

  states(): Readonly<Record<string, BundleState>> {
    return Object.fromEntries(this.#followers.map(({ state }) => [state.name, state]));
  }

  /** Looks at all sources at once. */
  hurry(): void {
    for (const follower of this.#followers) follower.hurry();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#followers.map((follower) => follower.close()));
    for (const store of this.#stores) store.close();
  }

  #follower(config: BundlesConfig, source: Source, store: BundleStore): BundleFollower {
    const { alarm_after, limits, persist, polling, verification } = config;
    const { channel, name, object = '' } = source;
    return new BundleFollower({
      name,
      channel,
      origin: channel === undefined ? objectOrigin(store, object) : channelOrigin(store, channel),
      limits: {
        maxArchiveBytes: limits.max_archive_size,
        maxContentBytes: limits.max_content_size,
        maxEntries: limits.max_entries,
      },
      verification: () => readVerification(verification, 'bundles.verification'),
      pace: { minDelay: polling.min_delay, maxDelay: polling.max_delay, longPolling: polling.long_polling },
      alarmAfter: alarm_after,
      kept: persist === undefined ? undefined : new KeptBundle(persist, name),
      activate: (bundle) => this.#activate(name, bundle),
      onEvent: this.#parts.onEvent,
    });
  }

  /** One at a time, so that what serves is always made of bundles that were seen to fit together. */
  #activate(name: string, bundle: Bundle): Promise<Result<undefined, PortcullisError>> {
    const activated = this.#activating.then(() => this.#put(name, bundle));
    this.#activating = activated.catch(() => undefined);
    return activated;
  }

  async #put(name: string, bundle: Bundle): Promise<Result<undefined, PortcullisError>> {
    if (this.#closed) return fail(new PortcullisError('engine_closed', 'the adapter is stopping'));
    const next = new Map([...this.#bundles, [name, bundle]]);
    // Part of the data could allow what all of it denies: nothing serves until every source has given its bundle.
    if (next.size === this.#followers.length) {
      const served = await this.#serve(next);
      if (!served.ok) return served;
    }
    this.#bundles.set(name, bundle);
    return ok(undefined);
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

/** @throws PortcullisError `config_invalid` */
export async function openSource(config: BundlesConfig, { store }: Source, index: number): Promise<BundleStore> {
  const place = parseStore(store);
  if (!place.ok) throw new PortcullisError('config_invalid', `bundles.sources[${index}].store: ${place.error}`);
  const file = config.token?.file;
  return openStore(place.value, {
    token: async () => (file === undefined ? undefined : (await readFile(file, 'utf8')).trim()),
  });
}

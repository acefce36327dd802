import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import type { ReplaceableEngine } from '../engine/replaceable-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { Bundle } from '../policy/bundle/bundle.js';
import { ActivationQueue } from '../policy/follow/activation-queue.js';
import type { BundleEvent } from '../policy/follow/bundle-follower.js';
import { combineBundles } from '../policy/follow/bundle-set.js';
import type { BundleState } from '../policy/follow/bundle-state.js';
import { KeptBundle } from '../policy/follow/kept-bundle.js';
import { channelOrigin, objectOrigin } from '../policy/follow/origin.js';
import { type Source, SourceSet } from '../policy/follow/source-set.js';
import type { BundleStore } from '../policy/store/bundle-store.js';
import { openStore, parseStore } from '../policy/store/open-store.js';
import { readVerification } from './verification.js';

type BundlesConfig = Config['bundles'];
type ConfiguredSource = BundlesConfig['sources'][number];

export interface FeedParts {
  readonly engine: ReplaceableEngine;
  /** Compiles aside; throws PortcullisError. */
  readonly open: (bundle: Bundle) => Promise<Engine>;
  readonly onEvent: (event: BundleEvent) => void;
}

/** Keeps the embedded engine at what the configured sources hold. */
export class BundleFeed {
  readonly #parts: FeedParts;
  readonly #set: SourceSet;

  private constructor(sources: readonly Source[], parts: FeedParts) {
    this.#parts = parts;
    this.#set = new SourceSet(sources, {
      queue: new ActivationQueue(),
      serve: (bundles) => this.#serve(bundles),
      onEvent: parts.onEvent,
    });
  }

  /** @throws PortcullisError `config_invalid` for a source that is none, or a key that cannot be used */
  static async open(config: BundlesConfig, parts: FeedParts): Promise<BundleFeed> {
    await readVerification(config.verification, 'bundles.verification');
    const sources = config.sources.map(async (source, index) => {
      const store = await openSource(config, source, index);
      return { store, options: followerOptions(config, source, store) };
    });
    const feed = new BundleFeed(await Promise.all(sources), parts);
    feed.#set.start();
    return feed;
  }

  states(): Readonly<Record<string, BundleState>> {
    return Object.fromEntries(this.#set.states().map((state) => [state.name, state]));
  }

  /** Looks at all sources at once. */
  hurry(): void {
    this.#set.hurry();
  }

  close(): Promise<void> {
    return this.#set.close();
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

/** How a source is followed, as `bundles` says for all of them. */
export function followerOptions(
  config: BundlesConfig,
  source: ConfiguredSource,
  store: BundleStore,
): Source['options'] {
  const { alarm_after, limits, persist, polling, verification } = config;
  const { channel, name, object = '' } = source;
  return {
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
    kept: persist === undefined ? undefined : new KeptBundle(persist, name, [source.store, channel, source.object]),
  };
}

/** @throws PortcullisError `config_invalid` */
export async function openSource(
  config: BundlesConfig,
  { store }: ConfiguredSource,
  index: number,
): Promise<BundleStore> {
  const place = parseStore(store);
  if (!place.ok) throw new PortcullisError('config_invalid', `bundles.sources[${index}].store: ${place.error}`);
  const file = config.token?.file;
  return openStore(place.value, {
    token: async () => (file === undefined ? undefined : (await readFile(file, 'utf8')).trim()),
  });
}

import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import { withFreshData } from '../engine/fresh-data-engine.js';
import type { OpaDataWriter } from '../engine/opa/opa-data-writer.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { LiveFeed } from './kubernetes-feed.js';
import type { OpaState } from './opa-state.js';
import { openDataWriter } from './open-engine.js';

/** Objects of the Kubernetes API on their way to the policies, by whichever engine. */
export class WatchedData {
  readonly feed: LiveFeed;
  readonly #writer: OpaDataWriter | undefined;
  readonly #maxStaleness: number | undefined;

  private constructor(feed: LiveFeed, writer: OpaDataWriter | undefined, maxStaleness: number | undefined) {
    this.feed = feed;
    this.#writer = writer;
    this.#maxStaleness = maxStaleness;
  }

  /**
   * Undefined if the configuration names nothing to watch.
   *
   * @throws PortcullisError `tls_invalid` or `config_unreadable`
   */
  static async open(
    { engine, kubernetes }: Config,
    opa: Readonly<OpaState>,
    metrics: Pick<Metrics, 'error'>,
    logger: Logger,
  ): Promise<WatchedData | undefined> {
    if (kubernetes.feed === undefined) return undefined;
    const { openKubernetesFeed } = await import('./kubernetes-feed.js');
    const feed = await openKubernetesFeed(kubernetes, metrics, logger);
    if (feed === undefined) return undefined;
    // The embedded engine takes the data from the feed itself.
    const writer = engine.kind === 'opa' ? await openDataWriter(engine, opa, feed) : undefined;
    const denies = kubernetes.feed?.on_stale === 'deny';
    return new WatchedData(feed, writer, denies ? kubernetes.feed?.max_staleness : undefined);
  }

  /** The engine, which decides nothing without the data. */
  before(engine: Engine): Engine {
    return withFreshData(engine, { age: this.feed, maxStaleness: this.#maxStaleness });
  }

  ageSeconds(): number | undefined {
    const observedAt = this.feed.observedAt();
    return observedAt === undefined ? undefined : (Date.now() - observedAt) / 1000;
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    await this.feed.close();
  }
}

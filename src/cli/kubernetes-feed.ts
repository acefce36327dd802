import type { Config } from '../config/schema.js';
import type { DataSnapshot, ExternalData } from '../engine/external-data.js';
import type { DataAge } from '../engine/fresh-data-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import type { ApiClient } from '../kubernetes/api/api-client.js';
import { TokenFile } from '../kubernetes/api/token-file.js';
import { KubernetesFeed } from '../kubernetes/feed/feed.js';
import { createInformers } from '../kubernetes/feed/informer.js';
import type { WatchSpec } from '../kubernetes/feed/watch-spec.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { openApiClient } from './kubernetes-proxy.js';

/**
 * Begins to watch what the configuration names; undefined if that is nothing.
 *
 * @throws PortcullisError `tls_invalid` or `config_unreadable` when the authorities or the token cannot be read
 */
export async function openKubernetesFeed(
  { api, feed }: Config['kubernetes'],
  metrics: Pick<Metrics, 'error'>,
  logger: Logger,
): Promise<LiveFeed | undefined> {
  if (feed === undefined) return undefined;
  const client = await openApiClient(api);
  const open = await createInformers({ url: api.url, caFile: api.ca, token: new TokenFile(api.token), api: client });
  const warn = warner(metrics, logger);
  const watched = new KubernetesFeed({
    specs: feed.resources.flatMap(specsOf),
    open,
    refresh: feed.refresh,
    onFailure: ({ resource }, reason) => warn(new PortcullisError('kubernetes_failed', `${resource}: ${reason}`)),
  });
  return new LiveFeed(watched, client, warn);
}

/** One list for each namespace, so that a Role in each of them is enough. */
function specsOf(watched: NonNullable<Config['kubernetes']['feed']>['resources'][number]): WatchSpec[] {
  const { field_selector: fieldSelector, group, keep, label_selector: labelSelector, resource, version } = watched;
  const spec = { group, version, resource, labelSelector, fieldSelector, keep };
  return (watched.namespaces ?? [undefined]).map((namespace) => ({ ...spec, namespace }));
}

/** Milliseconds for which the same failure is not logged again. */
const quietTime = 10_000;

function warner(metrics: Pick<Metrics, 'error'>, logger: Logger): (error: PortcullisError) => void {
  const quietUntil = new Map<string, number>();
  return (error) => {
    metrics.error(error.code);
    const now = performance.now();
    if (now < (quietUntil.get(error.message) ?? 0)) return;
    if (quietUntil.size > 100) quietUntil.clear();
    quietUntil.set(error.message, now + quietTime);
    logger.warn({ err: error }, 'watched data is not renewed');
  };
}

/** The watched data, and how old what policies see of it is. */
export class LiveFeed implements ExternalData, DataAge {
  readonly #feed: KubernetesFeed;
  readonly #client: ApiClient;
  readonly #warn: (error: PortcullisError) => void;
  readonly #waiting = new Set<() => void>();
  #observedAt: number | undefined;

  constructor(feed: KubernetesFeed, client: ApiClient, warn: (error: PortcullisError) => void) {
    this.#feed = feed;
    this.#client = client;
    this.#warn = warn;
  }

  snapshot(): DataSnapshot {
    return this.#feed.snapshot();
  }

  onChange(listener: () => void): () => void {
    return this.#feed.onChange(listener);
  }

  applied({ observedAt }: DataSnapshot): void {
    this.#observedAt = observedAt;
    if (observedAt === undefined) return;
    for (const listener of this.#waiting) listener();
    this.#waiting.clear();
  }

  refused(error: unknown): void {
    const { code, message } = PortcullisError.from(error, 'engine_unreachable');
    this.#warn(new PortcullisError(code, `the engine does not take the data: ${message}`));
  }

  observedAt(): number | undefined {
    return this.#observedAt;
  }

  onComplete(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => void this.#waiting.delete(listener);
  }

  async close(): Promise<void> {
    this.#feed.close();
    await this.#client.close();
  }
}

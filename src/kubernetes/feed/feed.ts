import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, JsonValue } from '../../json/json.js';
import type { KeptObject, OpenInformer } from './informer.js';
import type { WatchSpec } from './watch-spec.js';
import { WatchedList } from './watched-list.js';

export interface FeedOptions {
  readonly specs: readonly WatchSpec[];
  readonly open: OpenInformer;
  /** Milliseconds without a sign of the API server after which a list is read again. */
  readonly refresh: number;
  readonly onFailure: (spec: WatchSpec, reason: string) => void;
}

/** What was seen, in one piece. */
export interface FeedSnapshot {
  /** `{"kubernetes": {"deployments": {"shop": {"web": {…}}}, "feed": {"deployments": {"observed_at": …}}}}`. */
  readonly data: { readonly kubernetes: JsonObject };
  /** When the API server had the oldest of it, in milliseconds since 1970; undefined until every list was read. */
  readonly observedAt: number | undefined;
}

/** Milliseconds in which changes are gathered before they are told. */
const gather = 100;

/** Watched objects of the Kubernetes API as a document for policies. */
export class KubernetesFeed {
  readonly #lists: readonly WatchedList[];
  readonly #resources: readonly WatchedResource[];
  readonly #listeners = new Set<() => void>();
  /** The same object until something changes, as the documents are. */
  #ages: JsonObject = {};
  #timer: NodeJS.Timeout | undefined;

  constructor({ onFailure, open, refresh, specs }: FeedOptions) {
    const onChange = () => this.#changed();
    this.#lists = specs.map((spec) => new WatchedList(spec, { open, refresh, onChange, onFailure }));
    const names = [...new Set(specs.map(({ resource }) => resource))];
    this.#resources = names.map(
      (name) =>
        new WatchedResource(
          name,
          this.#lists.filter(({ spec }) => spec.resource === name),
        ),
    );
  }

  snapshot(): FeedSnapshot {
    const kubernetes: Record<string, JsonObject> = {};
    const feed: Record<string, JsonObject> = {};
    for (const resource of this.#resources) {
      const observedAt = oldest(resource.lists);
      if (observedAt === undefined) continue;
      kubernetes[resource.name] = resource.document();
      // As `time.now_ns()` counts.
      feed[resource.name] = { observed_at: observedAt * 1_000_000 };
    }
    if (!isDeepStrictEqual(feed, this.#ages)) this.#ages = feed;
    return { data: { kubernetes: { ...kubernetes, feed: this.#ages } }, observedAt: oldest(this.#lists) };
  }

  /** Called some time after a change; returns a function that ends the subscription. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
    for (const list of this.#lists) list.close();
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const listener of [...this.#listeners]) listener();
    }, gather).unref();
  }
}

/** All lists of one resource, and their document: the same one until something changes. */
class WatchedResource {
  readonly name: string;
  readonly lists: readonly WatchedList[];
  #made: { readonly version: number; readonly document: JsonObject } | undefined;

  constructor(name: string, lists: readonly WatchedList[]) {
    this.name = name;
    this.lists = lists;
  }

  document(): JsonObject {
    const version = this.lists.reduce((sum, list) => sum + list.version(), 0);
    if (this.#made?.version !== version) {
      this.#made = { version, document: documentOf(this.lists.flatMap((list) => list.objects())) };
    }
    return this.#made.document;
  }
}

function oldest(lists: readonly WatchedList[]): number | undefined {
  const times = lists.map((list) => list.observedAt());
  return times.includes(undefined) ? undefined : Math.min(...(times as number[]));
}

/** By namespace and name; those without a namespace by name. */
function documentOf(objects: readonly KeptObject[]): JsonObject {
  const document: Record<string, Record<string, JsonValue | undefined>> = Object.create(null);
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    if (namespace === undefined) {
      document[name] = object;
      continue;
    }
    document[namespace] ??= Object.create(null) as Record<string, JsonValue>;
    document[namespace][name] = object;
  }
  return document;
}

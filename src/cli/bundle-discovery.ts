import { discoveryName, readDiscovered } from '../config/discovered-sources.js';
import { valueAt } from '../config/layers.js';
import { formatProblems, printable } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { Bundle } from '../policy/bundle/bundle.js';
import type { ActivationQueue } from '../policy/follow/activation-queue.js';
import { type Activation, type BundleEvent, BundleFollower } from '../policy/follow/bundle-follower.js';
import type { BundleState } from '../policy/follow/bundle-state.js';
import type { SetSuccession } from '../policy/follow/set-succession.js';
import type { BundleStore } from '../policy/store/bundle-store.js';
import { parseStore } from '../policy/store/open-store.js';
import { onSameServer } from '../policy/store/same-server.js';
import { type ConfiguredSource, followerOptions, openPlace, openSources } from './bundle-sources.js';

type BundlesConfig = Config['bundles'];
type DiscoveryConfig = NonNullable<BundlesConfig['discovery']>;

export interface DiscoveryParts {
  readonly queue: ActivationQueue;
  readonly succession: SetSuccession;
  readonly onEvent: (event: BundleEvent) => void;
}

/** Follows the bundle that says which bundles are followed. */
export class BundleDiscovery {
  readonly #config: BundlesConfig;
  readonly #discovery: DiscoveryConfig;
  readonly #parts: DiscoveryParts;
  readonly #store: BundleStore;
  readonly #follower: BundleFollower;
  /** The list by which is served. */
  #serving: string | undefined;
  #candidate: { readonly list: string; readonly served: Promise<void> } | undefined;

  private constructor(config: BundlesConfig, discovery: DiscoveryConfig, store: BundleStore, parts: DiscoveryParts) {
    this.#config = config;
    this.#discovery = discovery;
    this.#parts = parts;
    this.#store = store;
    this.#follower = new BundleFollower({
      ...followerOptions(config, { name: discoveryName, ...discovery }, store),
      activate: (bundle, type) => parts.queue.run(() => this.#activate(bundle, type)),
      onEvent: parts.onEvent,
    });
  }

  /** @throws PortcullisError `config_invalid` for a store that is none */
  static async open(
    config: BundlesConfig,
    discovery: DiscoveryConfig,
    parts: DiscoveryParts,
  ): Promise<BundleDiscovery> {
    const store = await openPlace(config, discovery.store, 'bundles.discovery.store');
    const opened = new BundleDiscovery(config, discovery, store, parts);
    opened.#follower.start({ fromDisk: true });
    return opened;
  }

  state(): BundleState {
    return this.#follower.state;
  }

  /** Looks at once. */
  hurry(): void {
    this.#follower.hurry();
  }

  async close(): Promise<void> {
    await this.#follower.close();
    this.#store.close();
  }

  async #activate(bundle: Bundle, type: 'snapshot' | 'delta'): Promise<Result<Activation, PortcullisError>> {
    const sources = type === 'delta' ? unusable('it is a delta bundle; publish it whole') : this.#read(bundle);
    if (!sources.ok) return sources;
    const list = JSON.stringify(sources.value);
    if (list === this.#serving) {
      this.#parts.succession.keep();
      this.#candidate = undefined;
      return ok('serves');
    }
    if (list !== this.#candidate?.list) await this.#propose(sources.value, list);
    return this.#candidate === undefined ? ok('serves') : ok({ served: this.#candidate.served });
  }

  async #propose(sources: readonly ConfiguredSource[], list: string): Promise<void> {
    const opened = await openSources(this.#config, sources, 'the discovery bundle: bundles.sources');
    const served = new Promise<void>((resolve) => {
      this.#parts.succession.propose(opened, () => {
        this.#serving = list;
        this.#candidate = undefined;
        resolve();
      });
    });
    this.#candidate = { list, served };
  }

  #read({ data, sources, wasm }: Bundle): Result<readonly ConfiguredSource[], PortcullisError> {
    // OPA would evaluate it. Here a list is read, so that every adapter sees the same, and a reviewer too.
    if (sources.size > 0 || wasm !== undefined) return unusable('it has a policy; here it is data and not evaluated');
    const { decision, store } = this.#discovery;
    const document = decision === undefined ? data : valueAt(data, decision.split('/'));
    if (document === undefined) return unusable(`it has no data.${decision?.replaceAll('/', '.')}`);
    const discovered = readDiscovered(document, store);
    if (!discovered.ok) return unusable(formatProblems(discovered.error));
    const foreign = foreignStore(store, discovered.value);
    return foreign === undefined ? discovered : unusable(foreign);
  }
}

function foreignStore(own: string, sources: readonly ConfiguredSource[]): string | undefined {
  const ownPlace = parseStore(own);
  for (const [index, { store }] of sources.entries()) {
    const place = parseStore(store);
    const key = `bundles.sources[${index}].store`;
    if (!place.ok) return `${key}: ${printable(place.error)}`;
    if (ownPlace.ok && onSameServer(ownPlace.value, place.value)) continue;
    return `${key}: ${printable(store)} is on another server than the discovery bundle, and would be given its credentials; put the bundle beside it`;
  }
  return undefined;
}

function unusable(reason: string): Result<never, PortcullisError> {
  return fail(new PortcullisError('bundle_invalid', `the discovery bundle cannot be used: ${reason}`));
}

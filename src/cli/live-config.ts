import { createHash } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import type { CheckState } from '../check/check-state.js';
import type { Environment } from '../config/environment.js';
import { type ConfigProblem, formatProblems } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { createDecisionLog, type DecisionLog } from '../decision-log/decision-log.js';
import { createEmptyEngine } from '../engine/empty-engine.js';
import type { Engine } from '../engine/engine.js';
import type { ExternalData } from '../engine/external-data.js';
import { ReplaceableEngine } from '../engine/replaceable-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import type { Result } from '../errors/result.js';
import { closeSources, loadSources } from '../identity/load-sources.js';
import { loadSigningKeys, publicKeySet } from '../identity/outgoing/load-signing-keys.js';
import type { SigningKey } from '../identity/outgoing/signing-key.js';
import type { IdentitySource } from '../identity/source.js';
import type { Bundle } from '../policy/bundle/bundle.js';
import type { BundleEvent } from '../policy/follow/bundle-follower.js';
import type { BundleState, DiscoveryState } from '../policy/follow/bundle-state.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { EngineNotes } from './accelerate.js';
import { BundleFeed } from './bundle-feed.js';
import { noteBundleEvent } from './bundle-notes.js';
import { createCheckState, type LoadedFiles } from './check-state.js';
import { openGrpcBodies } from './grpc-bodies.js';
import { type OpaState, readOpaState } from './opa-state.js';
import { engineOfBundle, openEngine } from './open-engine.js';
import { WatchedData } from './watched-data.js';

/** The parts of a configuration that stay as they were at the start, whatever a reload says. */
export function withFixedParts(next: Config, first: Config): Config {
  const { cache, kind, paths, opa, wasm } = first.engine;
  return {
    ...next,
    grpc: first.grpc,
    admin: first.admin,
    shutdown: first.shutdown,
    kubernetes: first.kubernetes,
    workers: first.workers,
    bundles: first.bundles,
    engine: {
      ...next.engine,
      cache,
      kind,
      paths,
      opa: { ...opa, token: next.engine.opa.token, bundle: next.engine.opa.bundle },
      wasm: { ...wasm, bundle: next.engine.wasm.bundle },
    },
  };
}

/** The configuration in force and what was made from it; replaced as a whole. */
export class LiveConfig {
  readonly engine: ReplaceableEngine;
  readonly #feed: BundleFeed | undefined;
  /** The engine, behind the watched data if there is any. */
  readonly answering: Engine;
  readonly #data: WatchedData | undefined;
  readonly #env: Environment;
  readonly #logger: Logger;
  readonly #metrics: EngineMetrics;
  readonly #opa: OpaState;
  #config: Config;
  #state: CheckState;
  #sources: readonly IdentitySource[];
  #signingKeys: readonly SigningKey[];
  #decisionLog: DecisionLog;
  #replacing: Promise<void> = Promise.resolve();

  private constructor(parts: OpenedParts) {
    this.engine = parts.engine;
    this.#feed = parts.feed;
    this.#data = parts.data;
    this.answering = parts.data?.before(parts.engine) ?? parts.engine;
    this.#env = parts.env;
    this.#logger = parts.logger;
    this.#metrics = parts.metrics;
    this.#opa = parts.opa;
    this.#config = parts.config;
    this.#state = createCheckState(parts.config, this.answering, parts.files);
    this.#sources = parts.files.sources;
    this.#signingKeys = parts.files.signingKeys;
    this.#decisionLog = this.#openDecisionLog(parts.config);
  }

  /** @throws PortcullisError when something that the configuration names cannot be used */
  static async open(
    config: Config,
    env: Environment,
    logger: Logger,
    metrics: EngineMetrics,
    onBundleEvent: () => void = () => undefined,
  ): Promise<LiveConfig> {
    const files = await loadFiles(config);
    try {
      const opa = await readOpaState(config.engine);
      const data = await WatchedData.open(config, opa, metrics, logger);
      const notes = engineNotes(logger, metrics, data?.feed);
      const { engine, feed } = await openServing(config, env, opa, notes, (event) => {
        noteBundleEvent(event, logger, metrics);
        onBundleEvent();
      });
      return new LiveConfig({ config, env, logger, metrics, files, opa, engine, feed, data });
    } catch (error) {
      await closeSources(files.sources);
      throw error;
    }
  }

  /** Seconds; undefined without watched data, and before it is complete. */
  dataAge(): number | undefined {
    return this.#data?.ageSeconds();
  }

  config(): Config {
    return this.#config;
  }

  /** The key set that backends verify our tokens with; undefined when none are made. */
  publicKeys(): JSONWebKeySet | undefined {
    return publicKeySet(this.#signingKeys.map(({ publicJwk }) => publicJwk));
  }

  state(): CheckState {
    return this.#state;
  }

  /** How it stands with each bundle that is fetched. */
  bundles(): Readonly<Record<string, BundleState>> {
    return this.#feed?.states() ?? {};
  }

  /** How it stands with the bundle that says which ones are fetched, if there is one. */
  discovery(): DiscoveryState | undefined {
    return this.#feed?.discovery();
  }

  decisionLog(): DecisionLog {
    return this.#decisionLog;
  }

  /**
   * Everything is made aside first, then swapped, so that a bad file changes nothing. One replacement
   * at a time: of two signals in a row, the later configuration is the one in force.
   *
   * @throws PortcullisError when something that the configuration names cannot be used
   */
  replace(next: Config): Promise<void> {
    const replaced = this.#replacing.then(() => this.#replace(withFixedParts(next, this.#config)));
    this.#replacing = replaced.catch(() => {});
    return replaced;
  }

  async close(): Promise<void> {
    await this.#feed?.close();
    await this.#data?.close();
    await Promise.all([this.engine.close(), this.#decisionLog.close(), closeSources(this.#sources)]);
  }

  async #replace(next: Config): Promise<void> {
    const files = await loadFiles(next);
    const { opa, engine } = await this.#openNext(next).catch(async (error: unknown) => {
      await closeSources(files.sources);
      throw error;
    });

    Object.assign(this.#opa, opa);
    this.#config = next;
    this.#state = createCheckState(next, this.answering, files);
    this.#logger.level = next.log.level;
    const former = this.#sources;
    this.#sources = files.sources;
    this.#signingKeys = files.signingKeys;
    await this.#replaceDecisionLog(next);
    if (engine !== undefined) await this.engine.replace(engine);
    this.#feed?.hurry();
    await closeSources(former);
  }

  async #openNext(next: Config): Promise<{ readonly opa: OpaState; readonly engine: Engine | undefined }> {
    const opa = await readOpaState(next.engine);
    const notes = engineNotes(this.#logger, this.#metrics, this.#data?.feed);
    // An OPA engine has nothing to read again but its files; a bundle is read again even under the same name.
    const rereads = next.engine.kind === 'wasm' && this.#feed === undefined;
    const engine = rereads ? await openEngine(next.engine, this.#env, this.#opa, notes) : undefined;
    return { opa, engine };
  }

  async #replaceDecisionLog(next: Config): Promise<void> {
    if (next.decision_log.enabled === this.#decisionLog.enabled) return;
    const previous = this.#decisionLog;
    this.#decisionLog = this.#openDecisionLog(next);
    await previous.close();
  }

  #openDecisionLog(config: Config): DecisionLog {
    return createDecisionLog({ enabled: config.decision_log.enabled, onDrop: this.#metrics.decisionLogDropped });
  }
}

type EngineMetrics = Pick<Metrics, 'bundle' | 'decisionCache' | 'decisionLogDropped' | 'error'>;

interface Serving {
  readonly engine: ReplaceableEngine;
  /** Where the embedded engine gets its policy from, if not from a file. */
  readonly feed: BundleFeed | undefined;
}

async function openServing(
  config: Config,
  env: Environment,
  opa: OpaState,
  notes: EngineNotes,
  onEvent: (event: BundleEvent) => void,
): Promise<Serving> {
  const { discovery, sources } = config.bundles;
  if (config.engine.kind !== 'wasm' || (discovery === undefined && sources.length === 0)) {
    return { engine: new ReplaceableEngine(await openEngine(config.engine, env, opa, notes)), feed: undefined };
  }
  const engine = new ReplaceableEngine(createEmptyEngine('wasm'));
  const feed = await BundleFeed.open(config.bundles, {
    engine,
    open: (bundle: Bundle) => engineOfBundle(bundle, config.engine, env, notes),
    onEvent,
  });
  return { engine, feed };
}

function engineNotes(logger: Logger, metrics: EngineMetrics, data: ExternalData | undefined): EngineNotes {
  return { data, cache: metrics.decisionCache, warn: (message) => logger.warn(message) };
}

interface OpenedParts {
  readonly config: Config;
  readonly env: Environment;
  readonly logger: Logger;
  readonly metrics: EngineMetrics;
  readonly files: LoadedFiles;
  readonly opa: OpaState;
  readonly engine: ReplaceableEngine;
  readonly feed: BundleFeed | undefined;
  readonly data: WatchedData | undefined;
}

/** Sources come last: they have to be closed again. */
async function loadFiles(config: Config): Promise<LoadedFiles> {
  const grpcBodies = await openGrpcBodies(config.input);
  const signingKeys = await readSigningKeys(config);
  return { grpcBodies, signingKeys, sources: await openSources(config) };
}

async function openSources(config: Config): Promise<readonly IdentitySource[]> {
  return orThrow(await loadSources(config.identity));
}

/** @throws PortcullisError when a key of the token for the backend cannot be used */
async function readSigningKeys(config: Config): Promise<readonly SigningKey[]> {
  return orThrow(await loadSigningKeys(config.identity));
}

function orThrow<Value>(result: Result<Value, ConfigProblem[]>): Value {
  if (result.ok) return result.value;
  const [first] = result.error;
  throw new PortcullisError(first?.code ?? 'config_invalid', formatProblems(result.error).replaceAll('\n', '; '));
}

/** Tells whether two processes run on the same configuration, without showing it. */
export function configHash(config: Config): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
}

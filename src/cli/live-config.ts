import { createHash } from 'node:crypto';
import type { CheckState } from '../check/check-state.js';
import type { Environment } from '../config/environment.js';
import { formatProblems } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { createDecisionLog, type DecisionLog } from '../decision-log/decision-log.js';
import type { Engine } from '../engine/engine.js';
import { ReplaceableEngine } from '../engine/replaceable-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { closeSources, loadSources } from '../identity/load-sources.js';
import type { IdentitySource } from '../identity/source.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { EngineNotes } from './accelerate.js';
import { createCheckState, type LoadedFiles } from './check-state.js';
import { openGrpcBodies } from './grpc-bodies.js';
import { type OpaState, readOpaState } from './opa-state.js';
import { openEngine } from './open-engine.js';

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
  readonly #env: Environment;
  readonly #logger: Logger;
  readonly #metrics: EngineMetrics;
  readonly #opa: OpaState;
  #config: Config;
  #state: CheckState;
  #sources: readonly IdentitySource[];
  #decisionLog: DecisionLog;
  #replacing: Promise<void> = Promise.resolve();

  private constructor(parts: OpenedParts) {
    this.engine = parts.engine;
    this.#env = parts.env;
    this.#logger = parts.logger;
    this.#metrics = parts.metrics;
    this.#opa = parts.opa;
    this.#config = parts.config;
    this.#state = createCheckState(parts.config, parts.engine, parts.files);
    this.#sources = parts.files.sources;
    this.#decisionLog = this.#openDecisionLog(parts.config);
  }

  /** @throws PortcullisError when something that the configuration names cannot be used */
  static async open(config: Config, env: Environment, logger: Logger, metrics: EngineMetrics): Promise<LiveConfig> {
    const files = await loadFiles(config);
    try {
      const opa = await readOpaState(config.engine);
      const engine = new ReplaceableEngine(await openEngine(config.engine, env, opa, engineNotes(logger, metrics)));
      return new LiveConfig({ config, env, logger, metrics, files, opa, engine });
    } catch (error) {
      await closeSources(files.sources);
      throw error;
    }
  }

  config(): Config {
    return this.#config;
  }

  state(): CheckState {
    return this.#state;
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
    this.#state = createCheckState(next, this.engine, files);
    this.#logger.level = next.log.level;
    const former = this.#sources;
    this.#sources = files.sources;
    await this.#replaceDecisionLog(next);
    if (engine !== undefined) await this.engine.replace(engine);
    await closeSources(former);
  }

  async #openNext(next: Config): Promise<{ readonly opa: OpaState; readonly engine: Engine | undefined }> {
    const opa = await readOpaState(next.engine);
    const notes = engineNotes(this.#logger, this.#metrics);
    // An OPA engine has nothing to read again but its files; a bundle is read again even under the same name.
    const engine = next.engine.kind === 'wasm' ? await openEngine(next.engine, this.#env, this.#opa, notes) : undefined;
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

type EngineMetrics = Pick<Metrics, 'decisionCache' | 'decisionLogDropped'>;

function engineNotes(logger: Logger, metrics: EngineMetrics): EngineNotes {
  return { cache: metrics.decisionCache, warn: (message) => logger.warn(message) };
}

interface OpenedParts {
  readonly config: Config;
  readonly env: Environment;
  readonly logger: Logger;
  readonly metrics: EngineMetrics;
  readonly files: LoadedFiles;
  readonly opa: OpaState;
  readonly engine: ReplaceableEngine;
}

/** Sources come last: they have to be closed again. */
async function loadFiles(config: Config): Promise<LoadedFiles> {
  const grpcBodies = await openGrpcBodies(config.input);
  return { grpcBodies, sources: await openSources(config) };
}

async function openSources(config: Config): Promise<readonly IdentitySource[]> {
  const sources = await loadSources(config.identity);
  if (sources.ok) return sources.value;
  const [first] = sources.error;
  throw new PortcullisError(first?.code ?? 'config_invalid', formatProblems(sources.error).replaceAll('\n', '; '));
}

/** Tells whether two processes run on the same configuration, without showing it. */
export function configHash(config: Config): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
}

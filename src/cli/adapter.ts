import { hostname } from 'node:os';
import { type AdminServer, type AdminServerParts, createAdminServer } from '../admin/admin-server.js';
import { createCheck } from '../check/check.js';
import { createObserver, type Observer } from '../check/observe.js';
import type { Environment } from '../config/environment.js';
import type { Config } from '../config/schema.js';
import { workerAddress } from '../config/worker-address.js';
import { createGrpcServer, type GrpcServer, serverFor } from '../server/grpc-server.js';
import { listen } from '../server/listen.js';
import { createReadiness, type Readiness, type ReadyState } from '../server/readiness.js';
import { serverGroup } from '../server/server-group.js';
import { shutDown } from '../server/shutdown.js';
import type { Logger } from '../telemetry/logger.js';
import { createMetrics, type Metrics } from '../telemetry/metrics.js';
import { BundleReporter } from './bundle-reporter.js';
import { createFront } from './http-front.js';
import { listenAddress } from './listen-address.js';
import { configHash, LiveConfig } from './live-config.js';
import { readVersion } from './version.js';

/** A whole adapter that serves. */
export interface Adapter {
  /** Where it listens, with the real ports. */
  readonly addresses: {
    readonly grpc: string;
    readonly admin: string;
    readonly http?: string;
    readonly kubernetes?: string;
  };
  readonly metrics: Metrics;
  config(): Config;
  revision(): string | undefined;
  /** `ready`, or else why not. */
  state(): ReadyState;
  /**
   * Puts what can change at run time into force, all of it or nothing.
   *
   * @throws PortcullisError when the new configuration cannot be put into force
   */
  replaceConfig(next: Config): Promise<void>;
  shutDown(hurry: AbortSignal): Promise<'drained' | 'forced'>;
}

/** What sets one of several workers apart. */
export interface WorkerPlace {
  /** Counted from 0. */
  readonly worker: number;
  /** What takes the place of the admin port, of which there is one for all. */
  readonly openAdmin: (parts: Omit<AdminServerParts, 'listen'>) => AdminServer;
}

/**
 * Assembles the rooms and opens the doors, the one to Envoy last.
 *
 * @throws PortcullisError when something that the configuration names cannot be used; nothing listens then
 */
export async function startAdapter(
  config: Config,
  env: Environment,
  logger: Logger,
  place?: WorkerPlace,
): Promise<Adapter> {
  const metrics = createMetrics({ worker: place?.worker });
  // One of the workers serves it for all: they ask the same OPA, which asks one address.
  const proxy = (place?.worker ?? 0) === 0 ? await openProxy(config, metrics, logger) : undefined;
  let reporter: BundleReporter | undefined;
  const live = await LiveConfig.open(config, env, logger, metrics, () => reporter?.report());
  const readiness = createReadiness(live.answering);
  const worker = place?.worker ?? 0;
  const observe = createObserver(metrics, () => live.decisionLog(), logger);
  const grpc = await createServer(config, live, readiness, observe, metrics, logger, worker);
  const http = config.http && createFront(config.http, worker, live, observe, metrics, logger);
  const servers = serverGroup(http === undefined ? [grpc] : [grpc, http]);
  const openAdmin = place?.openAdmin ?? ((parts) => openAdminPort(config, parts));
  const admin = openAdmin(adminParts(config, live, readiness, metrics, logger));
  metrics.observe({
    ready: () => readiness.state() === 'ready',
    checksInFlight: () => grpc.checksInFlight() + (http?.checksInFlight() ?? 0),
    kubernetesDataAge: () => live.dataAge(),
    policy: () => ({ engine: live.engine.kind, revision: live.engine.revision() }),
  });
  const close = async () => {
    readiness.close();
    await Promise.all([admin.close(), live.close(), proxy?.close(), reporter?.close()]);
  };
  try {
    const kubernetes = proxy && { kubernetes: await proxy.listen() };
    const adminAddress = await admin.listen();
    const front = http && { http: await http.listen() };
    const addresses = { ...kubernetes, ...front, admin: adminAddress, grpc: await grpc.listen() };
    readiness.open();
    reporter = await openReporter(config, live, readiness, logger, place?.worker);
    return {
      addresses,
      metrics,
      config: () => live.config(),
      revision: () => live.engine.revision(),
      state: readiness.state,
      replaceConfig: (next) => live.replace(next),
      shutDown: async (hurry) => {
        const { quiet_period: quietPeriod, drain_timeout: drainTimeout } = config.shutdown;
        const end = await shutDown(readiness, servers, { quietPeriod, drainTimeout }, hurry);
        await close();
        return end;
      },
    };
  } catch (error) {
    await Promise.all([close(), servers.stop()]);
    throw error;
  }
}

/** Tells the world what this adapter runs, at each change of it. */
async function openReporter(
  config: Config,
  live: LiveConfig,
  readiness: Readiness,
  logger: Logger,
  worker: number | undefined,
): Promise<BundleReporter> {
  const version = readVersion();
  const id = `${config.bundles.reports.id ?? hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-')}${worker === undefined ? '' : `.${worker}`}`;
  const describe = () => ({
    id,
    version,
    engine: live.engine.kind,
    ready: readiness.state() === 'ready',
    revision: live.engine.revision(),
    bundles: live.bundles(),
    discovery: live.discovery(),
  });
  const reporter = new BundleReporter(config.bundles, describe, logger);
  await reporter.open();
  readiness.onChange(() => reporter.report());
  return reporter;
}

/** Loaded only where one is configured: it brings an HTTP client. */
async function openProxy({ kubernetes }: Config, metrics: Metrics, logger: Logger) {
  if (kubernetes.proxy === undefined) return undefined;
  return (await import('./kubernetes-proxy.js')).openKubernetesProxy(kubernetes, metrics, logger);
}

function createServer(
  config: Config,
  live: LiveConfig,
  readiness: Readiness,
  observe: Observer,
  metrics: Metrics,
  logger: Logger,
  worker: number,
): Promise<GrpcServer> {
  const { grpc } = config;
  if (serverFor(grpc) !== grpc.server) logger.info('grpc-js serves, because grpc.reflection is on');
  return createGrpcServer(
    {
      address: workerAddress(listenAddress(grpc.address), worker),
      socketMode: Number.parseInt(grpc.mode, 8),
      tls: grpc.tls && { cert: grpc.tls.cert, key: grpc.tls.key, clientCa: grpc.tls.client_ca },
      maxMessageSize: grpc.max_message_size,
      maxConcurrentChecks: grpc.max_concurrent_checks,
      maxConcurrentStreams: grpc.max_concurrent_streams,
      maxConnectionAge: grpc.max_connection_age,
      maxConnectionIdle: grpc.max_connection_idle,
      keepaliveTime: grpc.keepalive_time,
      keepaliveTimeout: grpc.keepalive_timeout,
      server: grpc.server,
      reflection: grpc.reflection,
    },
    createCheck(() => live.state(), observe),
    readiness,
    {
      overloaded: () => metrics.check('error', 'engine_overloaded', 0),
      fault: (error) => logger.error({ err: error }, 'fault while answering a check'),
      tls: {
        reloaded: () => logger.info('certificate read again'),
        refused: (error) => logger.error({ err: error }, 'the renewed certificate is refused; the old one goes on'),
      },
    },
  );
}

function openAdminPort({ admin }: Config, parts: Omit<AdminServerParts, 'listen'>): AdminServer {
  return createAdminServer({ ...parts, listen: (server) => listen(server, listenAddress(admin.address)) });
}

function adminParts(
  config: Config,
  live: LiveConfig,
  readiness: Readiness,
  metrics: Metrics,
  logger: Logger,
): Omit<AdminServerParts, 'listen'> {
  const started = new Date().toISOString();
  const version = readVersion();
  return {
    readiness,
    metrics,
    publicKeys: () => live.publicKeys(),
    status: () => ({
      version,
      started,
      engine: live.engine.kind,
      revision: live.engine.revision() ?? null,
      ready: readiness.state() === 'ready',
      decision_paths: config.engine.paths.map(({ path }) => path),
      bundles: live.bundles(),
      discovery: live.discovery(),
      config_hash: configHash(live.config()),
    }),
    fault: (error) => logger.error({ err: error }, 'fault while answering on the admin port'),
  };
}

import type { ChildProcess } from 'node:child_process';
import { type AdminServer, createAdminServer } from '../admin/admin-server.js';
import { type ConfigSources, type LoadedConfig, loadConfig } from '../config/load.js';
import { formatProblems } from '../config/problem.js';
import { reloadableChanges } from '../config/reload.js';
import { unsafeSettings } from '../config/unsafe.js';
import { createLineRelay } from '../decision-log/line-relay.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { publicKeySet } from '../identity/outgoing/load-signing-keys.js';
import { listen } from '../server/listen.js';
import type { Logger } from '../telemetry/logger.js';
import { createSupervisorMetrics, type SupervisorMetrics } from '../telemetry/supervisor-metrics.js';
import { mergeMetrics } from '../workers/merge-metrics.js';
import { Supervisor } from '../workers/supervisor.js';
import { listenAddress } from './listen-address.js';
import { configHash, withFixedParts } from './live-config.js';
import type { ServeIo } from './serve.js';
import { readVersion } from './version.js';

/** `serve` with several workers: starts them, keeps them alive and answers for all on the admin port. */
export async function supervise(
  { config, file }: LoadedConfig,
  sources: ConfigSources,
  io: ServeIo,
  logger: Logger,
): Promise<number> {
  for (const warning of unsafeSettings(config)) logger.warn({ setting: warning }, 'unsafe setting');
  const metrics = createSupervisorMetrics(config.workers.count, (worker) => supervisor.isUp(worker));
  const relay = createLineRelay();
  const fork = () => forkWorker(io, relay);
  const supervisor = new Supervisor({ config, fork, restarted: metrics.restarted, logger });
  const admin = createAdmin(supervisor, metrics, logger);
  try {
    // Before anything is forked: a port that is taken is found at once.
    const address = await admin.listen();
    const stopped = untilStopped(supervisor, metrics, sources, io, logger);
    if (await opened(supervisor)) {
      logger.info({ admin: address, grpc: supervisor.addresses(), engine: config.engine.kind, file }, 'serving');
    }
    return await stopped;
  } catch (thrown) {
    const error = PortcullisError.from(thrown);
    logger.fatal({ err: error }, 'cannot start');
    io.stderr(`portcullis: ${error.code}: ${error.message}\n`);
    return 1;
  } finally {
    await admin.close();
  }
}

/** False when it was asked to end before all served: then that is no failure. */
async function opened(supervisor: Supervisor): Promise<boolean> {
  try {
    await supervisor.open();
    return true;
  } catch (thrown) {
    if (supervisor.state() !== 'draining') throw thrown;
    return false;
  }
}

function forkWorker(io: ServeIo, relay: ReturnType<typeof createLineRelay>): ChildProcess {
  const child = io.fork(['worker']);
  if (child.stdout !== null) relay(child.stdout).catch(() => {});
  return child;
}

function createAdmin(supervisor: Supervisor, metrics: SupervisorMetrics, logger: Logger): AdminServer {
  const started = new Date().toISOString();
  const version = readVersion();
  return createAdminServer({
    listen: (server) => listen(server, listenAddress(supervisor.config().admin.address)),
    readiness: supervisor,
    metrics: {
      scrape: async () => {
        const [own, pages] = await Promise.all([metrics.scrape(), supervisor.metrics()]);
        return { contentType: own.contentType, text: mergeMetrics([...pages, own.text]) };
      },
    },
    publicKeys: async () => publicKeySet(await supervisor.publicKeys()),
    status: async () => ({
      version,
      started,
      ready: supervisor.state() === 'ready',
      config_hash: configHash(supervisor.config()),
      workers: await supervisor.status(),
    }),
    fault: (error) => logger.error({ err: error }, 'fault while answering on the admin port'),
  });
}

function untilStopped(
  supervisor: Supervisor,
  metrics: SupervisorMetrics,
  sources: ConfigSources,
  io: ServeIo,
  logger: Logger,
): Promise<number> {
  return new Promise((resolve) => {
    const hurry = new AbortController();
    let stopping = false;
    const stop = async () => {
      if (stopping) return hurry.abort();
      stopping = true;
      logger.info('stopping');
      const end = await supervisor.close(hurry.signal);
      logger.info({ end }, 'stopped');
      resolve(end === 'drained' ? 0 : 1);
    };
    let reloading: Promise<void> = Promise.resolve();
    io.onSignal('SIGTERM', () => void stop());
    io.onSignal('SIGINT', () => void stop());
    io.onSignal('SIGHUP', () => {
      // One after the other: of two signals in a row, the later configuration is the one in force.
      reloading = reloading.then(() => reload(supervisor, metrics, sources, logger));
    });
  });
}

/** SIGHUP: the workers get the configuration from here, so that all have the same, also those that are started later. */
async function reload(
  supervisor: Supervisor,
  metrics: SupervisorMetrics,
  sources: ConfigSources,
  logger: Logger,
): Promise<void> {
  const before = supervisor.config();
  const loaded = await loadConfig(sources);
  const applied = loaded.ok
    ? await supervisor.reload(withFixedParts(loaded.value.config, before))
    : { ok: false as const, error: formatProblems(loaded.error).replaceAll('\n', '; ') };
  if (!loaded.ok || !applied.ok) {
    const problem = applied.ok ? undefined : applied.error;
    metrics.configReload('refused');
    logger.error({ problem }, 'the new configuration is refused; the old one goes on serving');
    return;
  }
  const { needsRestart, reloadable } = reloadableChanges(before, loaded.value.config);
  logger.level = loaded.value.config.log.level;
  for (const warning of unsafeSettings(supervisor.config())) logger.warn({ setting: warning }, 'unsafe setting');
  if (needsRestart.length > 0) logger.warn({ keys: needsRestart }, 'these changes take effect at the next start');
  metrics.configReload('applied');
  logger.info({ changed: reloadable }, 'configuration read again');
}

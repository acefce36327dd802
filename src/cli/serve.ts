import type { ChildProcess } from 'node:child_process';
import { type ConfigSources, type LoadedConfig, loadConfig } from '../config/load.js';
import { formatProblems } from '../config/problem.js';
import { unsafeSettings } from '../config/unsafe.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { type Adapter, startAdapter } from './adapter.js';
import type { ServeArguments } from './arguments.js';
import type { CommandIo } from './command-io.js';
import { reloadAdapter } from './reload.js';
import { supervise } from './supervise.js';
import type { SupervisorLine } from './work.js';

/** What `serve` needs of the process besides its streams. */
export interface ServeIo extends CommandIo {
  onSignal(signal: 'SIGHUP' | 'SIGTERM' | 'SIGINT', listener: () => void): void;
  /** Starts this program once more, with a line to it; its standard output is ours to read. */
  fork(args: readonly string[]): ChildProcess;
  /** In a process that was started by `fork`. */
  readonly supervisor: SupervisorLine | undefined;
}

/** `portcullis serve`: resolves to the exit status when the adapter has stopped. */
export async function serve(args: ServeArguments, io: ServeIo): Promise<number> {
  const sources: ConfigSources = { file: args.file, env: io.env };
  const loaded = await loadConfig(sources);
  if (!loaded.ok) {
    io.stderr(`${formatProblems(loaded.error)}\n`);
    return 2;
  }
  const logger = createLogger(loaded.value.config.log.level);
  if (loaded.value.config.workers.count > 1) return supervise(loaded.value, sources, io, logger);
  const adapter = await start(loaded.value, io, logger);
  return adapter === undefined ? 1 : run(adapter, sources, io, logger);
}

async function start({ config, file }: LoadedConfig, io: ServeIo, logger: Logger): Promise<Adapter | undefined> {
  for (const warning of unsafeSettings(config)) logger.warn({ setting: warning }, 'unsafe setting');
  try {
    const adapter = await startAdapter(config, io.env, logger);
    logger.info({ ...adapter.addresses, engine: config.engine.kind, revision: adapter.revision(), file }, 'serving');
    return adapter;
  } catch (thrown) {
    const error = PortcullisError.from(thrown);
    logger.fatal({ err: error }, 'cannot start');
    io.stderr(`portcullis: ${error.code}: ${error.message}\n`);
    return undefined;
  }
}

function run(adapter: Adapter, sources: ConfigSources, io: ServeIo, logger: Logger): Promise<number> {
  return new Promise((resolve) => {
    const hurry = new AbortController();
    let stopping = false;
    const stop = async () => {
      if (stopping) return hurry.abort();
      stopping = true;
      logger.info('stopping');
      const end = await adapter.shutDown(hurry.signal);
      logger.info({ end }, 'stopped');
      resolve(end === 'drained' ? 0 : 1);
    };
    io.onSignal('SIGTERM', () => void stop());
    io.onSignal('SIGINT', () => void stop());
    io.onSignal('SIGHUP', () => void reloadAdapter(adapter, sources, logger));
  });
}

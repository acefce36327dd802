import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { jsonLines } from './json-lines.js';
import { freeAddress } from './ports.js';
import { answers200, type Child, type Exit, startChild, temporaryFolder, waitUntilReady } from './process.js';

export const repository = fileURLToPath(new URL('../../', import.meta.url));
const main = join(repository, 'dist', 'main.js');

/** A configuration as it would stand in the file. */
export type ConfigFile = { readonly [section: string]: unknown };

export interface PortcullisOptions {
  readonly config?: ConfigFile;
  readonly env?: Readonly<Record<string, string>>;
  /** `host:port` or `unix:///path`; without it, a free port of 127.0.0.1. */
  readonly grpcAddress?: string;
  /** What to wait for: `ready` unless there is nothing to be ready with. */
  readonly until?: 'ready' | 'alive';
}

export interface PortcullisServer {
  /** `host:port` or `unix:///path`, as both Envoy's cluster and grpc-js take it. */
  readonly grpcAddress: string;
  readonly adminUrl: string;
  /** May be rewritten before `signal('SIGHUP')`. */
  readonly configFile: string;
  readonly child: Child;
  /** The log so far (standard error), parsed. */
  logs(): Record<string, unknown>[];
  /** The decision log so far (standard output), parsed. */
  decisionLog(): Record<string, unknown>[];
  metrics(): Promise<string>;
  /** Writes the configuration file anew, at the addresses it has now. */
  writeConfig(config: ConfigFile): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<Exit>;
  kill(): Promise<Exit>;
}

/** Starts `portcullis serve` from `dist` in the repository's folder and waits until it is ready. */
export async function startPortcullis(options: PortcullisOptions = {}): Promise<PortcullisServer> {
  const folder = await temporaryFolder();
  const configFile = join(folder.path, 'portcullis.yaml');
  const grpcAddress = options.grpcAddress ?? (await freeAddress());
  const adminAddress = await freeAddress();
  const writeConfig = (config: ConfigFile) =>
    writeFile(configFile, stringify(atAddresses(config, grpcAddress, adminAddress)));
  await writeConfig(options.config ?? {});
  const child = startChild({
    name: 'portcullis',
    program: process.execPath,
    args: ['--enable-source-maps', main, 'serve', '--config', configFile],
    env: options.env,
    cwd: repository,
  });
  const end = async (ending: Promise<Exit>) => {
    const exit = await ending;
    await folder.remove();
    return exit;
  };
  try {
    await waitUntilReady(child, () =>
      answers200(`http://${adminAddress}/${options.until === 'alive' ? 'livez' : 'readyz'}`),
    );
  } catch (error) {
    await end(child.kill());
    throw error;
  }
  return {
    grpcAddress,
    adminUrl: `http://${adminAddress}`,
    configFile,
    child,
    logs: () => jsonLines(child.stderr),
    decisionLog: () => jsonLines(child.stdout),
    metrics: async () => (await fetch(`http://${adminAddress}/metrics`)).text(),
    writeConfig,
    signal: child.signal,
    stop: () => end(child.stop()),
    kill: () => end(child.kill()),
  };
}

export interface Run extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of `portcullis` to its end, for example one that must fail. */
export async function runPortcullis(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = startChild({
    name: 'portcullis',
    program: process.execPath,
    args: [main, ...args],
    env,
    cwd: repository,
  });
  const exit = await child.exited;
  return { ...exit, stdout: child.stdout.join('\n'), stderr: child.stderr.join('\n') };
}

function atAddresses(config: ConfigFile, grpcAddress: string, adminAddress: string): ConfigFile {
  return {
    // Tests stop servers often; no Envoy needs to be told beforehand.
    shutdown: { quiet_period: '0ms' },
    ...config,
    grpc: { ...section(config, 'grpc'), address: grpcAddress },
    admin: { ...section(config, 'admin'), address: adminAddress },
  };
}

function section(config: ConfigFile, name: string): object {
  const value = config[name];
  return typeof value === 'object' && value !== null ? value : {};
}

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Addresses, type EnvoyConfig, withAddresses } from '../../scripts/demo/envoy-config.js';
import { findTool } from '../../scripts/tools/find-tool.js';
import { jsonLines } from './json-lines.js';
import { answers200, type Child, startChild, temporaryFolder, waitUntilReady } from './process.js';

export interface EnvoyOptions {
  /** A path, or the configuration itself. */
  readonly config: string | EnvoyConfig;
  /** `host:port` or `unix:///path` by cluster name. */
  readonly clusters?: Readonly<Record<string, string>>;
  /** `127.0.0.1:port`; without it, a port that the system chooses. */
  readonly listener?: string;
  /** Changes a copy of the configuration before it is used. */
  readonly change?: (config: EnvoyConfig) => void;
  /** Another Envoy than the one that `ENVOY_UNDER_TEST` names, or than the pinned one. */
  readonly program?: string;
  /** Worker threads. */
  readonly concurrency?: number;
}

export interface EnvoyServer {
  /** Of the first listener. */
  readonly url: string;
  readonly adminUrl: string;
  readonly child: Child;
  /** Counters and gauges whose name matches, by name. */
  stats(filter: RegExp): Promise<Record<string, number>>;
  /** The access log so far, parsed. */
  accessLog(): Record<string, unknown>[];
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const anyPort = '127.0.0.1:0';

/** Starts a real Envoy on ports that the system chooses and waits until it serves. */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyServer> {
  const folder = await temporaryFolder();
  const configFile = join(folder.path, 'envoy.json');
  const adminFile = join(folder.path, 'admin-address');
  await writeFile(configFile, JSON.stringify(await configFor(options)));
  const child = startChild({
    name: 'envoy',
    // Not a name with our prefix: Portcullis refuses to start with a variable it does not know.
    program: options.program ?? process.env['ENVOY_UNDER_TEST'] ?? (await findTool('envoy')),
    args: [
      ...['--config-path', configFile, '--admin-address-path', adminFile, '--log-level', 'warning'],
      ...['--concurrency', String(options.concurrency ?? 1), '--disable-hot-restart'],
      ...['--file-flush-interval-msec', '50'],
    ],
  });
  const end = async (ending: Promise<unknown>) => {
    await ending;
    await folder.remove();
  };
  try {
    const adminUrl = await waitForAdmin(child, adminFile);
    return {
      url: await listenerUrl(adminUrl),
      adminUrl,
      child,
      stats: (filter) => readStats(adminUrl, filter),
      accessLog: () => jsonLines(child.stdout),
      stop: () => end(child.stop()),
      kill: () => end(child.kill()),
    };
  } catch (error) {
    await end(child.kill());
    throw error;
  }
}

async function configFor(options: EnvoyOptions): Promise<EnvoyConfig> {
  const { config, clusters } = options;
  const read = typeof config === 'string' ? (parse(await readFile(config, 'utf8')) as EnvoyConfig) : config;
  const addresses: Addresses = { listener: options.listener ?? anyPort, admin: anyPort, clusters };
  const changed = withAddresses(read, addresses);
  options.change?.(changed);
  return changed;
}

async function waitForAdmin(child: Child, adminFile: string): Promise<string> {
  const address = () => readFile(adminFile, 'utf8').catch(() => '');
  await waitUntilReady(child, async () => (await address()) !== '' && answers200(`http://${await address()}/ready`));
  return `http://${await address()}`;
}

async function listenerUrl(adminUrl: string): Promise<string> {
  const response = await fetch(`${adminUrl}/listeners?format=json`);
  const { listener_statuses: statuses = [] } = (await response.json()) as {
    listener_statuses?: { local_address: { socket_address?: { address: string; port_value: number } } }[];
  };
  const address = statuses[0]?.local_address.socket_address;
  if (address === undefined) throw new Error('Envoy has no listener');
  return `http://${address.address}:${address.port_value}`;
}

async function readStats(adminUrl: string, filter: RegExp): Promise<Record<string, number>> {
  const response = await fetch(`${adminUrl}/stats?format=json&type=All&filter=${encodeURIComponent(filter.source)}`);
  const { stats } = (await response.json()) as { stats: { name?: string; value?: number }[] };
  return Object.fromEntries(stats.flatMap(({ name, value }) => (name && value !== undefined ? [[name, value]] : [])));
}

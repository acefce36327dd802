import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { splitAddress } from '../../../scripts/demo/address.js';
import {
  type ConfigFile,
  type PortcullisOptions,
  repository,
  startPortcullis,
} from '../../support/portcullis-server.js';
import { freeAddress } from '../../support/ports.js';
import {
  answers200,
  type Child,
  type Exit,
  startChild,
  temporaryFolder,
  waitUntilReady,
} from '../../support/process.js';

type Variables = Readonly<Record<string, string>>;

/** A ready Portcullis until the test ends. */
export async function serve(options: PortcullisOptions = {}) {
  const portcullis = await startPortcullis(options);
  onTestFinished(async () => void (await portcullis.kill()));
  return portcullis;
}

/** `portcullis serve` without a file, killed when the test ends; its addresses come from the environment. */
export async function serveWithoutFile(env: Variables = {}) {
  const [grpcAddress, adminAddress] = [await freeAddress(), await freeAddress()];
  const addresses = { PORTCULLIS_GRPC_ADDRESS: grpcAddress, PORTCULLIS_ADMIN_ADDRESS: adminAddress };
  const child = startServe([], { ...addresses, ...env });
  onTestFinished(async () => void (await child.kill()));
  const adminUrl = `http://${adminAddress}`;
  // Alive and not ready: some of these have no policy to be ready with.
  await waitUntilReady(child, () => answers200(`${adminUrl}/livez`));
  return { child, grpcAddress, adminUrl };
}

export interface Attempt extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** Those of the watched addresses that accepted a connection meanwhile. */
  readonly opened: readonly string[];
}

/** What a configuration file that cannot be served leads to: text as it stands, or an object. */
export async function attemptToServe(config: ConfigFile | string, watched: readonly string[] = []): Promise<Attempt> {
  const file = await configFile(config);
  const child = startServe(['--config', file]);
  onTestFinished(async () => void (await child.kill()));
  const opened = new Set<string>();
  while (child.isRunning()) {
    for (const address of watched) if (await accepts(address)) opened.add(address);
    await wait(5);
  }
  const output = { stdout: child.stdout.join('\n'), stderr: child.stderr.join('\n') };
  return { ...(await child.exited), ...output, opened: [...opened] };
}

/** A configuration file until the test ends. */
export async function configFile(config: ConfigFile | string): Promise<string> {
  const file = join(await folder(), 'portcullis.yaml');
  await writeFile(file, typeof config === 'string' ? config : stringify(config));
  return file;
}

/** A folder until the test ends. */
export async function folder(): Promise<string> {
  const made = await temporaryFolder();
  onTestFinished(() => made.remove());
  return made.path;
}

export function accepts(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(splitAddress(address));
    socket.once('connect', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}

/** `portcullis serve` as it is, ready or not. */
export function startServe(args: readonly string[], env: Variables = {}): Child {
  return startChild({
    name: 'portcullis',
    program: process.execPath,
    args: ['--enable-source-maps', join(repository, 'dist', 'main.js'), 'serve', ...args],
    env,
    cwd: repository,
  });
}

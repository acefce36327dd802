import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { regoBundle } from '../policies/gateway.js';
import { findTool } from '../tools/find-tool.js';
import { buildIfNeeded } from './build.js';
import { startChild } from './child-process.js';
import { type EnvoyConfig, withAddresses } from './envoy-config.js';
import type { DemoOptions, PortOption } from './options.js';
import { answers200, waitUntilReady } from './wait-until-ready.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const node = process.execPath;

/** Starts everything, what is asked before what asks, and waits until each is ready. */
export async function startDemo(options: DemoOptions): Promise<void> {
  const [envoy] = await Promise.all([findTool('envoy'), buildIfNeeded()]);
  await startBackend(options);
  if (options.engine === 'opa') await startOpa(options);
  await startPortcullis(options);
  await startEnvoy(options, envoy);
}

async function startBackend(options: DemoOptions): Promise<void> {
  const backend = startChild({
    name: 'the backend',
    program: node,
    args: [
      '--import',
      createRequire(import.meta.url).resolve('tsx'),
      join(repository, 'examples', 'backend', 'main.ts'),
    ],
    env: { BACKEND_PORT: String(options.ports['backend-port']) },
  });
  await waitUntilReady(backend, () => answers200(`${origin(options, 'backend-port')}/health/readiness`));
}

async function startOpa(options: DemoOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-demo-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'bundle.tar.gz');
  await writeFile(bundle, await regoBundle());
  const opa = startChild({
    name: 'OPA',
    program: await findTool('opa'),
    args: [
      ...['run', '--server', '--skip-version-check', '--addr', address(options, 'opa-port')],
      ...['--log-level', 'error', '--bundle', bundle],
    ],
  });
  await waitUntilReady(opa, () => answers200(`${origin(options, 'opa-port')}/health?bundles`));
}

async function startPortcullis(options: DemoOptions): Promise<void> {
  const portcullis = startChild({
    name: 'Portcullis',
    program: node,
    args: [join(repository, 'dist', 'main.js'), 'serve', '--config', join(repository, 'examples', 'portcullis.yaml')],
    env: {
      PORTCULLIS_GRPC_ADDRESS: address(options, 'portcullis-port'),
      PORTCULLIS_ADMIN_ADDRESS: address(options, 'admin-port'),
      PORTCULLIS_ENGINE_KIND: options.engine,
      PORTCULLIS_ENGINE_OPA_URL: origin(options, 'opa-port'),
    },
  });
  await waitUntilReady(portcullis, () => answers200(`${origin(options, 'admin-port')}/readyz`));
}

async function startEnvoy(options: DemoOptions, program: string): Promise<void> {
  const file = await readFile(join(repository, 'envoy', 'gateway.yaml'), 'utf8');
  const config = withAddresses(parse(file) as EnvoyConfig, {
    listener: address(options, 'port'),
    admin: address(options, 'envoy-admin-port'),
    clusters: { backend: address(options, 'backend-port'), portcullis: address(options, 'portcullis-port') },
  });
  const envoy = startChild({
    name: 'Envoy',
    program,
    args: [
      ...['--config-yaml', JSON.stringify(config), '--log-level', 'warning'],
      ...['--concurrency', '2', '--disable-hot-restart'],
    ],
  });
  await waitUntilReady(envoy, () => answers200(`${origin(options, 'envoy-admin-port')}/ready`));
}

function address(options: DemoOptions, name: PortOption): string {
  return `127.0.0.1:${options.ports[name]}`;
}

/** `http://127.0.0.1:port` */
export function origin(options: DemoOptions, name: PortOption): string {
  return `http://${address(options, name)}`;
}

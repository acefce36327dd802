import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { parse } from 'yaml';
import type { Echo } from '../../examples/backend/echo.js';
import type { EnvoyConfig } from '../../scripts/demo/envoy-config.js';
import { regoBundle } from '../../scripts/policies/gateway.js';
import { gatewayOf } from '../e2e/matrix/support/gateway.js';
import { type BackendServer, startBackend } from './backend-server.js';
import { type EnvoyOptions, type EnvoyServer, startEnvoy } from './envoy-server.js';
import { type HttpRequest, type HttpResponse, send, sendForEcho } from './http.js';
import { type OpaServer, startOpa } from './opa-server.js';
import { buildBundle, type PolicySources } from './policy-bundle.js';
import { type ConfigFile, type PortcullisServer, repository, startPortcullis } from './portcullis-server.js';
import { printLogsOnFailure, temporaryFolder } from './process.js';

export interface StackOptions {
  readonly engine: 'wasm' | 'opa';
  /** `uds`: Unix sockets on both hops, Envoy to Portcullis and Portcullis to OPA. */
  readonly transport: 'tcp' | 'uds';
  /** Instead of the policy that Portcullis carries. */
  readonly policy?: Pick<PolicySources, 'rego' | 'data' | 'entrypoints' | 'revision'>;
  /** Sections that replace those of `examples/portcullis.yaml`; of `engine`, single keys. */
  readonly config?: ConfigFile;
  readonly env?: Readonly<Record<string, string>>;
  /** Without `config`, the shipped one for the transport. */
  readonly envoy?: Partial<Pick<EnvoyOptions, 'config' | 'change' | 'program' | 'concurrency' | 'clusters'>>;
}

export interface Stack {
  /** Of Envoy's listener. */
  readonly url: string;
  readonly envoy: EnvoyServer;
  readonly portcullis: PortcullisServer;
  readonly backend: BackendServer;
  /** Only with the engine `opa`. */
  readonly opa: OpaServer | undefined;
  send(path: string, request?: HttpRequest): Promise<HttpResponse>;
  /** The request as the backend got it. */
  sendForEcho(path: string, request?: HttpRequest): Promise<Echo>;
  stop(): Promise<void>;
}

/** The four ways in which the whole must behave the same. */
export const stackMatrix = [
  { engine: 'wasm', transport: 'tcp' },
  { engine: 'wasm', transport: 'uds' },
  { engine: 'opa', transport: 'tcp' },
  { engine: 'opa', transport: 'uds' },
] as const satisfies readonly StackOptions[];

/** Starts backend, OPA if the engine is `opa`, Portcullis and Envoy. Stops all of them if one does not start. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  const started = async <Server extends { stop(): Promise<unknown> }>(starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    stops.push(() => server.stop());
    return server;
  };
  try {
    const folder = await temporaryFolder();
    stops.push(() => folder.remove());
    const backend = await started(startBackend());
    const opa = options.engine === 'opa' ? await started(startPolicyServer(options, folder.path)) : undefined;
    const config = await configFor(options, opa);
    const socket = options.transport === 'uds' ? { grpcAddress: `unix://${join(folder.path, 'check.sock')}` } : {};
    const portcullis = await started(startPortcullis({ config, ...socket, env: options.env ?? {} }));
    const envoy = await started(startGateway(options, portcullis, backend));
    return {
      url: envoy.url,
      envoy,
      portcullis,
      backend,
      opa,
      send: (path, request) => send(envoy.url, path, request),
      sendForEcho: (path, request) => sendForEcho(envoy.url, path, request),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a stack for all tests of the file or `describe` that it is called in; the function returns it. */
export function useStack(options: StackOptions): () => Stack {
  let stack: Stack | undefined;
  beforeAll(async () => {
    stack = await startStack(options);
  });
  afterAll(() => stack?.stop());
  printLogsOnFailure();
  return () => {
    if (stack === undefined) throw new Error('the stack has not started');
    return stack;
  };
}

async function startPolicyServer({ policy, transport }: StackOptions, folder: string): Promise<OpaServer> {
  const kept = join(folder, 'bundle.tar.gz');
  if (policy === undefined) await writeFile(kept, await regoBundle());
  const bundle = policy === undefined ? kept : await buildBundle({ ...policy, target: 'rego' });
  return startOpa({ bundle, ...(transport === 'uds' && { socket: join(folder, 'opa.sock') }) });
}

async function configFor(options: StackOptions, opa: OpaServer | undefined): Promise<ConfigFile> {
  const example = parse(await readFile(join(repository, 'examples', 'portcullis.yaml'), 'utf8')) as ConfigFile;
  const identity = { sources: [{ kind: 'token-file', file: join(repository, 'examples', 'tokens.yaml') }] };
  const engine = { ...(example['engine'] as object), ...(options.config?.['engine'] as object | undefined) };
  return {
    ...example,
    identity,
    ...options.config,
    engine: { timeout: patience.engine, ...engine, kind: options.engine, ...(await policyOf(options, opa)) },
  };
}

async function policyOf({ policy }: StackOptions, opa: OpaServer | undefined): Promise<object> {
  if (opa !== undefined) return { opa: { url: opa.url } };
  return policy === undefined ? {} : { wasm: { bundle: await buildBundle({ ...policy, target: 'wasm' }) } };
}

/**
 * A machine under test is slower than one in production: only tests about lateness are meant to see it.
 * The shipped times stand in the tests that set them.
 */
const patience = { engine: '2s', envoy: '4s' };

function startGateway(
  options: StackOptions,
  portcullis: PortcullisServer,
  backend: BackendServer,
): Promise<EnvoyServer> {
  const shipped = options.transport === 'uds' ? 'gateway-uds.yaml' : 'gateway.yaml';
  return startEnvoy({
    config: join(repository, 'envoy', shipped),
    ...options.envoy,
    change: (copy) => {
      wait(copy);
      options.envoy?.change?.(copy);
    },
    clusters: { portcullis: portcullis.grpcAddress, backend: backend.address, ...options.envoy?.clusters },
  });
}

function wait(copy: EnvoyConfig): void {
  const service = gatewayOf(copy).extAuthz['grpc_service'] as Record<string, Record<string, unknown>>;
  // Envoy takes `max_interval` for the timeout of each attempt.
  const backOff = { base_interval: '0.005s', max_interval: patience.envoy };
  Object.assign(service, { timeout: patience.envoy });
  Object.assign(service['retry_policy'] ?? {}, { retry_back_off: backOff });
}

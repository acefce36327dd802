import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { parse } from 'yaml';
import type { gatewayPresets } from '../../src/config/schema/http.js';
import { type BackendServer, startBackend } from './backend-server.js';
import { buildBundle } from './policy-bundle.js';
import { type ConfigFile, type PortcullisServer, repository, startPortcullis } from './portcullis-server.js';
import { freeAddress } from './ports.js';
import { printLogsOnFailure } from './process.js';

/** A gateway of any kind, running. */
export interface RunningGateway {
  readonly url: string;
  /** One JSON object for each request so far. */
  accessLog(): Record<string, unknown>[];
  stop(): Promise<unknown>;
}

export interface GatewayAddresses {
  /** `host:port` of Portcullis's HTTP front. */
  readonly portcullis: string;
  /** `host:port`. */
  readonly backend: string;
}

export interface GatewayStack {
  readonly gateway: RunningGateway;
  readonly portcullis: PortcullisServer;
  readonly backend: BackendServer;
  /** `host:port` of the HTTP front. */
  readonly front: string;
  stop(): Promise<void>;
}

export interface GatewayStackOptions {
  readonly preset: (typeof gatewayPresets)[number];
  readonly start: (addresses: GatewayAddresses) => Promise<RunningGateway>;
  /** Rego of `envoy/authz/allow`, and of `authz/allow`, instead of the policy that Portcullis carries. */
  readonly rego?: string;
  readonly http?: ConfigFile;
}

/** Starts backend, Portcullis with an HTTP front, and the gateway. Stops all of them if one does not start. */
export async function startGatewayStack(options: GatewayStackOptions): Promise<GatewayStack> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const backend = await startBackend();
    stops.push(() => backend.stop());
    const front = await freeAddress();
    const portcullis = await startPortcullis({ config: await configFor(options, front) });
    stops.push(() => portcullis.stop());
    const gateway = await options.start({ portcullis: front, backend: backend.address });
    stops.push(() => gateway.stop());
    return { gateway, portcullis, backend, front, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a stack for all tests of the `describe` that it is called in; the function returns it. */
export function useGatewayStack(options: GatewayStackOptions): () => GatewayStack {
  let stack: GatewayStack | undefined;
  beforeAll(async () => {
    stack = await startGatewayStack(options);
  });
  afterAll(() => stack?.stop());
  printLogsOnFailure();
  return () => {
    if (stack === undefined) throw new Error('the stack has not started');
    return stack;
  };
}

async function configFor({ preset, http, rego }: GatewayStackOptions, address: string): Promise<ConfigFile> {
  const example = parse(await readFile(join(repository, 'examples', 'portcullis.yaml'), 'utf8')) as ConfigFile;
  const bundle = rego && (await buildBundle({ rego, entrypoints: ['envoy/authz/allow'] }));
  const paths = bundle ? { paths: [{ path: 'envoy/authz/allow', shape: 'envoy' }], wasm: { bundle } } : {};
  return {
    ...example,
    identity: { sources: [{ kind: 'token-file', file: join(repository, 'examples', 'tokens.yaml') }] },
    // A machine under test is slower than one in production.
    engine: { ...(example['engine'] as object), timeout: '2s', ...paths },
    http: { preset, address, ...http },
  };
}

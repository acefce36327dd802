import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { describe, onTestFinished } from 'vitest';
import type { CheckHandler } from '../../../src/check/check-handler.js';
import { parseListenAddress } from '../../../src/config/address.js';
import {
  createGrpcServer,
  type GrpcServer,
  type GrpcServerEvents,
  type GrpcServerOptions,
} from '../../../src/server/grpc-server.js';
import { createReadiness, type Readiness } from '../../../src/server/readiness.js';
import { createClient, type RawClient } from './grpc-client.js';

/** An engine as far as readiness is concerned. */
export function createFakeEngine(ready = true) {
  const listeners = new Set<(ready: boolean) => void>();
  let now = ready;
  return {
    ready: () => now,
    onReadyChange: (listener: (ready: boolean) => void) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    set: (next: boolean) => {
      now = next;
      for (const listener of listeners) listener(next);
    },
  };
}

export interface Harness {
  readonly server: GrpcServer;
  readonly readiness: Readiness;
  readonly engine: ReturnType<typeof createFakeEngine>;
  readonly address: string;
  /** What the server told about itself, in order. */
  readonly events: string[];
  client(credentials?: ChannelCredentials): RawClient;
}

export interface HarnessOptions extends Partial<Omit<GrpcServerOptions, 'address'>> {
  readonly address?: string;
  readonly ready?: boolean;
}

export type StartServer = (handler?: CheckHandler, options?: HarnessOptions) => Promise<Harness>;

/** The same tests for each server: what Envoy sees must not depend on which of them serves. */
export function describeServers(body: (startServer: StartServer) => void): void {
  describe.each(['grpc-js', 'http2'] as const)('%s', (server) => {
    body((handler, options) => startServer(handler, { ...options, server }));
  });
}

export const echo: CheckHandler = (request) => ({ kind: 'response', bytes: request });

/** Starts a server that the end of the test stops, clients included. */
export async function startServer(handler: CheckHandler = echo, options: HarnessOptions = {}): Promise<Harness> {
  const events: string[] = [];
  const engine = createFakeEngine(options.ready ?? true);
  const readiness = createReadiness(engine);
  const server = await createGrpcServer(serverOptions(options), handler, readiness, recordInto(events));
  const clients: RawClient[] = [];
  const address = await server.listen();
  readiness.open();
  onTestFinished(async () => {
    for (const client of clients) client.close();
    const stopped = server.stop();
    server.destroy();
    await stopped;
    readiness.close();
  });
  const client = (credentials?: ChannelCredentials) => {
    const made = createClient(address, credentials);
    clients.push(made);
    return made;
  };
  return { server, readiness, engine, address, events, client };
}

/** A folder that the end of the test removes; its path is short enough for a socket. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ptc-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function serverOptions({ address = '127.0.0.1:0', ready: _, ...options }: HarnessOptions): GrpcServerOptions {
  const parsed = parseListenAddress(address);
  if (!parsed.ok) throw new Error(parsed.error);
  return {
    maxMessageSize: 4 * 1024 * 1024,
    maxConcurrentChecks: 100,
    maxConcurrentStreams: 1000,
    ...options,
    address: parsed.value,
  };
}

function recordInto(events: string[]): GrpcServerEvents {
  return {
    overloaded: () => events.push('overloaded'),
    fault: (error) => events.push(`fault: ${error instanceof Error ? error.message : String(error)}`),
    tls: {
      reloaded: () => events.push('tls reloaded'),
      refused: (error) => events.push(`tls refused: ${error.message}`),
    },
  };
}

import { createServer, type Server as NetServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { CheckHandler } from '../check/check-handler.js';
import type { ListenAddress } from '../config/address.js';
import { authorizationService, checkPath, loadPackageDefinition } from '../envoy/service-definition.js';
import { type CheckMethodEvents, createCheckMethod } from './check-method.js';
import { type Connections, createConnections } from './connections.js';
import { addHealthService, type HealthService } from './health-service.js';
import { listen } from './listen.js';
import type { Readiness } from './readiness.js';
import { FileServerCredentials, type TlsReloadEvents } from './tls-credentials.js';
import type { TlsFiles } from './tls-files.js';

/** Sizes in bytes, times in milliseconds. */
export interface GrpcServerOptions {
  readonly address: ListenAddress;
  /** File mode of a Unix socket; 0660 unless told otherwise. */
  readonly socketMode?: number;
  readonly tls?: TlsFiles | undefined;
  /** How often the TLS files are read again; 10 s unless told otherwise. */
  readonly tlsPollInterval?: number;
  readonly maxMessageSize: number;
  readonly maxConcurrentChecks: number;
  /** HTTP/2 streams per connection. */
  readonly maxConcurrentStreams: number;
  /** Connections beyond this are closed at once; 1024 unless told otherwise. */
  readonly maxConnections?: number;
  /** Whether gRPC reflection is served; not unless told so. */
  readonly reflection?: boolean;
}

export interface GrpcServerEvents extends CheckMethodEvents {
  readonly tls: TlsReloadEvents;
}

export interface GrpcServer {
  /**
   * Resolves to the bound address, with the real port.
   *
   * @throws PortcullisError `address_in_use`, `listen_failed` or `tls_invalid`
   */
  listen(): Promise<string>;
  checksInFlight(): number;
  connections(): number;
  /** Resolves as soon as no connection is open. */
  whenNoConnections(): Promise<void>;
  /** Stops accepting, tells each connection to go away, lets checks in flight end; resolves when all are closed. */
  stop(): Promise<void>;
  /** Cuts the connections that {@link stop} waits for. */
  destroy(): void;
}

export function createGrpcServer(
  options: GrpcServerOptions,
  handler: CheckHandler,
  readiness: Readiness,
  events: GrpcServerEvents,
): GrpcServer {
  const grpc = new Server({
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': options.maxMessageSize,
    'grpc.max_concurrent_streams': options.maxConcurrentStreams,
  });
  const check = createCheckMethod(handler, options.maxConcurrentChecks, events);
  // The bytes go through untouched: a deserializer that throws would answer INTERNAL in our place.
  grpc.register(checkPath, check.handle, asIs, asIs, 'unary');
  const health = addHealthService(grpc, [authorizationService], readiness);
  if (options.reflection === true) new ReflectionService(loadPackageDefinition()).addToServer(grpc);

  const connections = createConnections();
  let running: Running | undefined;
  return {
    listen: async () => {
      running = await start(options, grpc, connections, events.tls);
      return running.address;
    },
    checksInFlight: check.inFlight,
    connections: connections.count,
    whenNoConnections: connections.whenNone,
    stop: async () => {
      await stop(grpc, health, running);
      await connections.whenNone();
    },
    destroy: connections.destroy,
  };
}

interface Running {
  readonly address: string;
  readonly listener: NetServer;
  readonly credentials: ServerCredentials;
}

/**
 * The listening socket is our own and its connections are handed to grpc-js, whose `bindAsync`
 * hides the error code, prints to the console, and knows nothing of file modes or connection limits.
 */
async function start(
  options: GrpcServerOptions,
  grpc: Server,
  connections: Connections,
  events: TlsReloadEvents,
): Promise<Running> {
  const credentials =
    options.tls === undefined
      ? ServerCredentials.createInsecure()
      : await FileServerCredentials.open(options.tls, options.tlsPollInterval ?? 10_000, events);
  const listener = createServer({ noDelay: true });
  listener.maxConnections = options.maxConnections ?? 1024;
  const injector = grpc.createConnectionInjector(credentials);
  listener.on('connection', (socket) => {
    connections.add(socket);
    injector.injectConnection(socket);
  });
  try {
    return { address: await listen(listener, options.address, options.socketMode), listener, credentials };
  } catch (error) {
    close(credentials);
    throw error;
  }
}

async function stop(grpc: Server, health: HealthService, running: Running | undefined): Promise<void> {
  health.close();
  if (running !== undefined) close(running.credentials);
  const closed = new Promise<void>((resolve) => {
    if (running === undefined) resolve();
    else running.listener.close(() => resolve());
  });
  grpc.tryShutdown(() => {});
  await closed;
}

function close(credentials: ServerCredentials): void {
  if (credentials instanceof FileServerCredentials) credentials.close();
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

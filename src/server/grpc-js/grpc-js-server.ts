import { createServer, type Server as NetServer } from 'node:net';
import { type ChannelOptions, Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { CheckHandler } from '../../check/check-handler.js';
import { loadPackageDefinition } from '../../envoy/service-definition.js';
import { authorizationService, checkPath } from '../../envoy/service-names.js';
import { createCheckGate } from '../check-gate.js';
import { type Connections, createConnections } from '../connections.js';
import type { GrpcServer, GrpcServerEvents, GrpcServerOptions } from '../grpc-server-options.js';
import { listen } from '../listen.js';
import type { Readiness } from '../readiness.js';
import { type TlsReloadEvents, TlsWatch } from '../tls-watch.js';
import { checkMethod } from './check-method.js';
import { FileServerCredentials } from './file-server-credentials.js';
import { addHealthService, type HealthService } from './health-service.js';

/** The server that grpc-js makes: the reference that the lean one is held against. */
export function createGrpcJsServer(
  options: GrpcServerOptions,
  handler: CheckHandler,
  readiness: Readiness,
  events: GrpcServerEvents,
): GrpcServer {
  const grpc = new Server(channelOptions(options));
  const gate = createCheckGate(handler, options.maxConcurrentChecks, events);
  // The bytes go through untouched: a deserializer that throws would answer INTERNAL in our place.
  grpc.register(checkPath, checkMethod(gate), asIs, asIs, 'unary');
  const health = addHealthService(grpc, [authorizationService], readiness);
  if (options.reflection === true) new ReflectionService(loadPackageDefinition()).addToServer(grpc);

  const connections = createConnections();
  let running: Running | undefined;
  return {
    listen: async () => {
      running = await start(options, grpc, connections, events.tls);
      return running.address;
    },
    checksInFlight: gate.inFlight,
    connections: connections.count,
    whenNoConnections: connections.whenNone,
    stop: async () => {
      await stop(grpc, health, running);
      await connections.whenNone();
    },
    destroy: connections.destroy,
  };
}

function channelOptions(options: GrpcServerOptions): ChannelOptions {
  const { maxConnectionAge: age, maxConnectionIdle: idle, keepaliveTime, keepaliveTimeout } = options;
  return {
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': options.maxMessageSize,
    'grpc.max_concurrent_streams': options.maxConcurrentStreams,
    ...(age !== undefined && { 'grpc.max_connection_age_ms': age }),
    ...(idle !== undefined && { 'grpc.max_connection_idle_ms': idle }),
    ...(keepaliveTime !== undefined && { 'grpc.keepalive_time_ms': keepaliveTime }),
    ...(keepaliveTimeout !== undefined && { 'grpc.keepalive_timeout_ms': keepaliveTimeout }),
  };
}

interface Running {
  readonly address: string;
  readonly listener: NetServer;
  readonly tls: TlsWatch | undefined;
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
  const tls = options.tls && (await TlsWatch.open(options.tls, options.tlsPollInterval ?? 10_000, events));
  const listener = createServer({ noDelay: true });
  listener.maxConnections = options.maxConnections ?? 1024;
  const credentials = tls === undefined ? ServerCredentials.createInsecure() : new FileServerCredentials(tls);
  const injector = grpc.createConnectionInjector(credentials);
  listener.on('connection', (socket) => {
    connections.add(socket);
    injector.injectConnection(socket);
  });
  try {
    return { address: await listen(listener, options.address, options.socketMode), listener, tls };
  } catch (error) {
    tls?.close();
    throw error;
  }
}

async function stop(grpc: Server, health: HealthService, running: Running | undefined): Promise<void> {
  health.close();
  running?.tls?.close();
  const closed = new Promise<void>((resolve) => {
    if (running === undefined) resolve();
    else running.listener.close(() => resolve());
  });
  grpc.tryShutdown(() => {});
  await closed;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

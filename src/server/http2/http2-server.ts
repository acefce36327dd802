import type { ServerOptions } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { CheckHandler } from '../../check/check-handler.js';
import { authorizationService, checkPath } from '../../envoy/service-names.js';
import { createCheckGate } from '../check-gate.js';
import { type Connections, createConnections } from '../connections.js';
import type { GrpcServer, GrpcServerEvents, GrpcServerOptions } from '../grpc-server-options.js';
import { listen } from '../listen.js';
import type { Readiness } from '../readiness.js';
import { TlsWatch } from '../tls-watch.js';
import { type Connection, type ConnectionTerms, type OnStream, serveConnection } from './connection.js';
import { DeadlineWheel } from './deadline-wheel.js';
import { createHealthMethods, type HealthMethods } from './health-methods.js';
import { BufferBudget } from './message-buffer.js';
import { type CallTerms, type Method, ServerCall } from './server-call.js';
import { createTransport } from './transport.js';

const mebibyte = 1024 ** 2;
/** Milliseconds. */
const defaultRequestTimeout = 10_000;
/** gRPC's own limit for the headers of a call; Node's is four times as much. */
const maxHeaderListSize = 16 * 1024;

/** The lean server: unary calls and health on Node's own HTTP/2. */
export function createHttp2Server(
  options: GrpcServerOptions,
  handler: CheckHandler,
  readiness: Readiness,
  events: GrpcServerEvents,
): GrpcServer {
  const gate = createCheckGate(handler, options.maxConcurrentChecks, events);
  const health = createHealthMethods([authorizationService], readiness);
  const methods = new Map<string, Method>([...health.methods, [checkPath, gate.start]]);
  const calls = callTerms(options);
  const onStream: OnStream = (stream, headers) => {
    new ServerCall(stream, headers, methods.get(headers[':path'] ?? ''), calls);
  };

  const connections = createConnections();
  const open = new Set<Connection>();
  let running: Running | undefined;
  return {
    listen: async () => {
      running = await start(options, connections, open, onStream, events);
      return running.address;
    },
    checksInFlight: gate.inFlight,
    connections: connections.count,
    whenNoConnections: connections.whenNone,
    stop: async () => {
      await stop(health, open, running);
      await connections.whenNone();
    },
    destroy: connections.destroy,
  };
}

interface Running {
  readonly address: string;
  readonly listener: Server;
  readonly tls: TlsWatch | undefined;
}

async function start(
  options: GrpcServerOptions,
  connections: Connections,
  open: Set<Connection>,
  onStream: OnStream,
  events: GrpcServerEvents,
): Promise<Running> {
  const tls = options.tls && (await TlsWatch.open(options.tls, options.tlsPollInterval ?? 10_000, events.tls));
  const terms = connectionTerms(options);
  const onSocket = (socket: Socket) => {
    if (socket.destroyed) return;
    const connection = serveConnection(socket, terms, onStream);
    open.add(connection);
    socket.once('close', () => open.delete(connection));
  };
  const listener = createTransport(tls, onSocket);
  listener.maxConnections = options.maxConnections ?? 1024;
  listener.on('connection', connections.add);
  try {
    return { address: await listen(listener, options.address, options.socketMode), listener, tls };
  } catch (error) {
    tls?.close();
    throw error;
  }
}

async function stop(health: HealthMethods, open: Set<Connection>, running: Running | undefined): Promise<void> {
  health.close();
  running?.tls?.close();
  const closed = new Promise<void>((resolve) => {
    if (running === undefined) resolve();
    else running.listener.close(() => resolve());
  });
  for (const connection of open) connection.goAway();
  await closed;
}

function callTerms({ maxMessageSize, requestTimeout = defaultRequestTimeout }: GrpcServerOptions): CallTerms {
  const budget = new BufferBudget(Math.max(64 * mebibyte, 16 * maxMessageSize));
  return { maxMessageSize, requestTimeout, wheel: new DeadlineWheel(), budget };
}

function connectionTerms(options: GrpcServerOptions): ConnectionTerms {
  return {
    http2: sessionOptions(options),
    firstFrame: options.requestTimeout ?? defaultRequestTimeout,
    age: options.maxConnectionAge,
    grace: options.requestTimeout ?? defaultRequestTimeout,
    idle: options.maxConnectionIdle,
    keepaliveTime: options.keepaliveTime,
    keepaliveTimeout: options.keepaliveTimeout ?? 20_000,
  };
}

function sessionOptions({ maxConcurrentStreams }: GrpcServerOptions): ServerOptions {
  return {
    settings: { maxConcurrentStreams, maxHeaderListSize },
    // In MiB. Node refuses streams beyond it, so it must hold the headers of as many as are allowed.
    maxSessionMemory: 16 + Math.ceil((maxConcurrentStreams * maxHeaderListSize) / mebibyte),
  };
}

import type { CheckHandler } from '../check/check-handler.js';
import { createGrpcJsServer } from './grpc-js/grpc-js-server.js';
import type { GrpcServer, GrpcServerEvents, GrpcServerOptions } from './grpc-server-options.js';
import { createHttp2Server } from './http2/http2-server.js';
import type { Readiness } from './readiness.js';

export type { GrpcServer, GrpcServerEvents, GrpcServerOptions } from './grpc-server-options.js';

/** Which server carries out `options`: only grpc-js has reflection. */
export function serverFor({
  server = 'http2',
  reflection = false,
}: Pick<GrpcServerOptions, 'server' | 'reflection'>): 'http2' | 'grpc-js' {
  return reflection ? 'grpc-js' : server;
}

export function createGrpcServer(
  options: GrpcServerOptions,
  handler: CheckHandler,
  readiness: Readiness,
  events: GrpcServerEvents,
): GrpcServer {
  const create = serverFor(options) === 'http2' ? createHttp2Server : createGrpcJsServer;
  return create(options, handler, readiness, events);
}

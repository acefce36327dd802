import type { CheckHandler } from '../check/check-handler.js';
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

/** grpc-js is loaded only where it serves: it takes as much memory as the rest. */
export async function createGrpcServer(
  options: GrpcServerOptions,
  handler: CheckHandler,
  readiness: Readiness,
  events: GrpcServerEvents,
): Promise<GrpcServer> {
  if (serverFor(options) === 'http2') return createHttp2Server(options, handler, readiness, events);
  const { createGrpcJsServer } = await import('./grpc-js/grpc-js-server.js');
  return createGrpcJsServer(options, handler, readiness, events);
}

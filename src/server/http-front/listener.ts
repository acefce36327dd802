import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { handshakeTimeout, type TlsWatch } from '../tls-watch.js';
import type { HttpFrontEvents, HttpFrontOptions } from './http-front-options.js';

type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;

/** Node's own HTTP/1.1 server, strict and with limits, not yet listening. */
export function createListener(
  options: HttpFrontOptions,
  tls: TlsWatch | undefined,
  events: Pick<HttpFrontEvents, 'refused'>,
  onRequest: OnRequest,
): Server {
  const limits: ServerOptions = {
    // Node's lenient parser is what requests are smuggled through.
    insecureHTTPParser: false,
    maxHeaderSize: options.maxHeaderSize,
    headersTimeout: options.requestTimeout,
    requestTimeout: options.requestTimeout,
    keepAliveTimeout: options.idleTimeout,
    connectionsCheckingInterval: Math.min(1000, options.requestTimeout),
    noDelay: true,
  };
  const server = tls === undefined ? createServer(limits, onRequest) : createTlsListener(tls, limits, onRequest);
  // Node would leave out further lines without a word, and with them a repeated carrier. The size limits them.
  server.maxHeadersCount = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') events.refused('malformed');
    refuseMalformed(error, socket);
  });
  return server;
}

function createTlsListener(tls: TlsWatch, limits: ServerOptions, onRequest: OnRequest): Server {
  const { mutual } = tls;
  const options = { ...limits, ...tls.material, requestCert: mutual, rejectUnauthorized: mutual, handshakeTimeout };
  const server = createTlsServer(options, onRequest);
  server.on('tlsClientError', (_, socket) => socket.destroy());
  tls.follow((material) => server.setSecureContext(material));
  return server;
}

const malformedStatus: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  socket.end(`HTTP/1.1 ${malformedStatus[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
}

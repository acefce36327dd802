import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { handshakeTimeout, type TlsWatch } from '../tls-watch.js';

/** The listening socket, in plain text or with TLS. `onSocket` gets each connection that may speak HTTP/2. */
export function createTransport(tls: TlsWatch | undefined, onSocket: (socket: Socket) => void): Server {
  if (tls === undefined) return createServer({ noDelay: true }, onSocket);
  const { mutual } = tls;
  const options = {
    ...tls.material,
    ALPNProtocols: ['h2'],
    requestCert: mutual,
    rejectUnauthorized: mutual,
    handshakeTimeout,
    noDelay: true,
  };
  const server = createTlsServer(options, (socket: TLSSocket) => {
    // A client that names no protocol is let through by OpenSSL; it may be one of another protocol.
    if (socket.alpnProtocol === 'h2') onSocket(socket);
    else socket.destroy();
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  tls.follow((material) => server.setSecureContext(material));
  return server;
}

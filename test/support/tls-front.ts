import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Credential } from './certificates.js';

export interface TlsFront {
  readonly port: number;
  stop(): Promise<void>;
}

export interface TlsFrontOptions {
  readonly server: Credential;
  /** PEM of the authority whose certificates clients must show. */
  readonly clientCa: string;
}

/** Ends TLS in front of a server on 127.0.0.1 that does not speak it. */
export async function startTlsFront({ server, clientCa }: TlsFrontOptions, target: number): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const options = { cert: server.cert, key: server.key, ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const listener = createServer(options, (client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

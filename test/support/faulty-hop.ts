import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of the server's bytes on their way to the client. */
export type Fault = 'none' | 'silent' | 'half' | 'garbage' | 'cut';

export interface FaultyHop {
  readonly port: number;
  /** From now on, on every connection. */
  fault: Fault;
  /** Ends every connection. */
  cutAll(): void;
  stop(): Promise<void>;
}

/** Stands between a client and a server on 127.0.0.1, and spoils what the server says. */
export async function startFaultyHop(target: number): Promise<FaultyHop> {
  const sockets = new Set<Socket>();
  const hop = { fault: 'none' as Fault };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes) => upstream.write(bytes)).on('close', () => upstream.destroy());
    upstream.on('data', (bytes) => spoil(hop.fault, bytes, client)).on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(hop, {
    port: (server.address() as AddressInfo).port,
    cutAll,
    stop: async () => {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  });
}

function spoil(fault: Fault, bytes: Buffer, client: Socket): void {
  if (fault === 'none') client.write(bytes);
  if (fault === 'half') client.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
  if (fault === 'garbage') client.write('?no redis\r\n');
  if (fault === 'cut') client.destroy();
}

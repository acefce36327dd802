import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Relay {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Called with what clients send, before it is passed on; returns false to keep it back. */
  watch: (bytes: Buffer) => boolean;
  /** The same for what the server sends. */
  watchAnswers: (bytes: Buffer) => boolean;
  /** From now on, nothing is passed on in either direction; connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Breaks all connections. */
  cut(): void;
  stop(): Promise<void>;
}

/** Stands between a client and a server, for faults that a real server does not produce on demand. */
export async function startRelay(target: string): Promise<Relay> {
  const [host = '', port] = target.split(':');
  const sockets = new Set<Socket>();
  let frozen = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    if (frozen) socket.pause();
  };
  const relay: Relay = {
    address: '',
    watch: () => true,
    watchAnswers: () => true,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: () => {
      relay.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  const server: Server = createServer((client) => {
    const upstream = connect(Number(port), host);
    keep(client);
    keep(upstream);
    client.on('data', (bytes) => void (relay.watch(bytes) && upstream.write(bytes)));
    upstream.on('data', (bytes) => void (relay.watchAnswers(bytes) && client.write(bytes)));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return Object.assign(relay, { address: `127.0.0.1:${address.port}` });
}

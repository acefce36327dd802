import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Stands between Envoy and the server of the checks, as a network does. */
export interface Forwarder {
  /** `host:port` */
  readonly address: string;
  /** From now on nothing passes on the connections there are, and neither side is told. New ones work. */
  freeze(): void;
}

/** Starts it for the test that is running. Needs no rights over the network, unlike dropping packets. */
export async function startForwarder(target: string): Promise<Forwarder> {
  const { hostname, port } = new URL(`http://${target}`);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => open.delete(socket));
    }
    near.pipe(far);
    far.pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze: () => {
      for (const socket of open) socket.unpipe().pause();
    },
  };
}

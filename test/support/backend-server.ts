import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createBackend } from '../../examples/backend/backend.js';

export interface BackendServer {
  /** `host:port` */
  readonly address: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the example backend inside the test's own process. */
export async function startBackend(): Promise<BackendServer> {
  const server = createBackend().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    url: `http://${address}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

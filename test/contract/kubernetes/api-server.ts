import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createAuthority } from '../../support/certificates.js';

/** An HTTPS server in the place of an API server, for what a real one does not do on demand. */
export interface FaultyApiServer {
  readonly url: string;
  /** PEM of the authority that its certificate is from. */
  readonly ca: string;
  /** Every request so far. */
  readonly seen: { readonly url: string | undefined; readonly headers: IncomingMessage['headers'] }[];
  /** From now on it answers so. */
  behave(listener: RequestListener): void;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** Runs until the test ends. */
export async function startFaultyApiServer(listener: RequestListener): Promise<FaultyApiServer> {
  const authority = createAuthority('cluster');
  const credential: ServerOptions = authority.issue('localhost');
  const seen: FaultyApiServer['seen'] = [];
  let behaviour = listener;
  let server: Server;
  const start = async (port: number): Promise<number> => {
    server = createServer(credential, (request, response) => {
      seen.push({ url: request.url, headers: request.headers });
      behaviour(request, response);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await start(0);
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(stop);
  return {
    url: `https://127.0.0.1:${port}`,
    ca: authority.cert,
    seen,
    behave: (next) => {
      behaviour = next;
    },
    stop,
    restart: async () => void (await start(port)),
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

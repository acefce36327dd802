import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** What to do with a request that has arrived completely: its text, its connection, and how many came before it. */
export type Misbehaviour = (request: string, socket: Socket, index: number) => void;

export interface SocketServer {
  readonly url: string;
  /** Evaluations it was asked for, as they came over the wire. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

/** A server that answers health checks like OPA and everything else as it is told. */
export async function startSocketServer(misbehave: Misbehaviour): Promise<SocketServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = '';
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
      if (!isComplete(received)) return;
      const request = received;
      received = '';
      if (request.startsWith('GET /health')) socket.write(httpAnswer(200, '{}'));
      else misbehave(request, socket, requests.push(request) - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

export function httpAnswer(status: number, body: string | Buffer, headers = ''): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status} Status\r\ncontent-type: application/json\r\n${headers}content-length: ${length}\r\n\r\n${body}`;
}

function isComplete(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
  return Buffer.byteLength(received.slice(end + 4)) >= length;
}

import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type CheckAnswer, framed } from './check-answers.js';

/** Stands where Portcullis would, and answers as it is told: for what Portcullis never does. */
export interface CheckServer {
  /** `host:port` */
  readonly address: string;
  /** Checks that have come so far. */
  checks(): number;
  /** Checks that Envoy took back so far. */
  cancelled(): number;
  /** What the checks from now on get. */
  answer(how: CheckAnswer): void;
  stop(): Promise<void>;
}

const serving = framed(Buffer.from([0x08, 0x01]));

export async function startCheckServer(first: CheckAnswer): Promise<CheckServer> {
  let how = first;
  let checks = 0;
  let cancelled = 0;
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => {});
    stream.once('aborted', () => {
      cancelled += headers[':path'] === checkPath ? 1 : 0;
    });
    const request = await received(stream);
    if (headers[':path'] !== checkPath) return answerHealth(stream);
    checks += 1;
    how(stream, request.subarray(5));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    checks: () => checks,
    cancelled: () => cancelled,
    answer: (next) => {
      how = next;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

const checkPath = '/envoy.service.auth.v3.Authorization/Check';

function answerHealth(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(serving);
}

async function received(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end').catch(() => {});
  return Buffer.concat(chunks);
}

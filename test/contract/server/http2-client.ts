import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { onTestFinished } from 'vitest';
import { checkPath } from '../../../src/envoy/service-names.js';

/** What came back: headers and trailers in one, because a gRPC status may stand in either. */
export interface Http2Reply {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the status came in the headers, without trailers. */
  readonly trailersOnly: boolean;
}

/** A connection that the end of the test closes. */
export function connectHttp2(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return session;
}

/** Sends a check whose body is `pieces`, each in DATA frames of its own, and then ends the request. */
export function post(
  session: ClientHttp2Session,
  pieces: readonly Buffer[],
  headers: OutgoingHttpHeaders = {},
): Promise<Http2Reply> {
  const request = session.request({
    ':method': 'POST',
    ':path': checkPath,
    'content-type': 'application/grpc',
    ...headers,
  });
  const chunks: Buffer[] = [];
  let received: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  const reply = new Promise<Http2Reply>((resolve, reject) => {
    request.on('response', (got) => {
      received = got;
    });
    request.on('trailers', (got) => {
      trailers = got;
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', reject);
    request.on('close', () => {
      const all = { ...received, ...trailers };
      resolve({ headers: all, body: Buffer.concat(chunks), trailersOnly: trailers === undefined });
    });
  });
  void sendPieces(pieces);
  return reply;

  async function sendPieces(rest: readonly Buffer[]): Promise<void> {
    for (const piece of rest) {
      if (request.destroyed) return;
      await new Promise((resolve) => request.write(piece, resolve));
    }
    request.end();
  }
}

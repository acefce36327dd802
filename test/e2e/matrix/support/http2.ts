import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';

export interface Http2Request {
  /** Pseudo headers included; those that are missing are GET, `/` and the host of the origin. */
  readonly headers?: OutgoingHttpHeaders;
  /** One DATA frame each. */
  readonly body?: readonly (string | Buffer)[];
  readonly trailers?: OutgoingHttpHeaders;
}

export interface Http2Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP/2 connection that is there before its caller goes on; plain text with prior knowledge, or TLS. */
export async function connectHttp2(origin: string, tls: SecureClientSessionOptions = {}): Promise<ClientHttp2Session> {
  const session = connect(origin, tls);
  session.on('error', () => {});
  await once(session, 'connect');
  return session;
}

/** Sends one request on a connection of its own. */
export async function sendHttp2(
  origin: string,
  request: Http2Request = {},
  tls: SecureClientSessionOptions = {},
): Promise<Http2Response> {
  const session = await connectHttp2(origin, tls);
  try {
    const { body = [], headers = {}, trailers } = request;
    const waitForTrailers = trailers !== undefined;
    const stream = session.request(headers, { endStream: body.length === 0 && !waitForTrailers, waitForTrailers });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
    const response = responseOf(stream);
    if (body.length > 0 || waitForTrailers) {
      for (const chunk of body) stream.write(chunk);
      stream.end();
    }
    return await response;
  } finally {
    session.destroy();
  }
}

/** Rejects when the stream is reset before its end. */
export async function responseOf(stream: ClientHttp2Stream): Promise<Http2Response> {
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status: headers[':status'] ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') };
}

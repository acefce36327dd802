import { once } from 'node:events';
import { connect, type OutgoingHttpHeaders } from 'node:http2';

/** The status of a request over HTTP/2, or that the stream ended without one, as Envoy ends malformed requests. */
export async function http2Outcome(origin: string, headers: OutgoingHttpHeaders): Promise<number | 'reset'> {
  const session = connect(origin);
  session.on('error', () => {});
  try {
    const stream = session.request(headers, { endStream: true });
    let status: number | 'reset' = 'reset';
    stream.on('response', (response) => {
      status = response[':status'] ?? 'reset';
    });
    stream.on('error', () => {});
    stream.resume();
    await once(stream, 'close');
    return status;
  } finally {
    session.destroy();
  }
}

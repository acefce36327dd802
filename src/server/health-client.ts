import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectPlain, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { ListenAddress } from '../config/address.js';
import { fail, ok, type Result } from '../errors/result.js';
import { readTlsFiles, type TlsFiles } from './tls-files.js';

export interface HealthQuestion {
  /** Where the server listens; of a wildcard address, loopback is asked. */
  readonly address: ListenAddress;
  /** The server's own files. */
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Asks the gRPC health service of a server on this machine, through no proxy.
 * It is one call with an empty message, so it is made by hand: a probe should start quickly.
 *
 * @returns ok if it serves; otherwise why not, in one line
 * @throws PortcullisError `tls_invalid`, naming the file
 */
export async function askHealth({ address, tls, timeout }: HealthQuestion): Promise<Result<void>> {
  const socket = await open(endpoint(address), tls);
  const scheme = tls === undefined ? 'http' : 'https';
  const session = connect(`${scheme}://localhost`, { createConnection: () => socket });
  try {
    return readAnswer(await call(session, AbortSignal.timeout(timeout)));
  } catch (error) {
    return fail(`UNAVAILABLE: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    session.destroy();
  }
}

function endpoint(address: ListenAddress): NetConnectOpts {
  if (address.kind === 'unix') return { path: address.path };
  const loopback = new Map([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
  ]);
  return { host: loopback.get(address.host) ?? address.host, port: address.port };
}

async function open(to: NetConnectOpts, tls: TlsFiles | undefined): Promise<Socket> {
  if (tls === undefined) return connectPlain(to);
  const { cert, minVersion } = await readTlsFiles(tls);
  // Trusted is the server's own certificate and nothing else; its names are those by which Envoy knows it.
  const secureContext = createSecureContext({ ca: cert, minVersion, allowPartialTrustChain: true });
  const names = { servername: 'localhost', checkServerIdentity: () => undefined };
  return connectTls({ ...to, ...names, secureContext, ALPNProtocols: ['h2'] });
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An uncompressed message without a byte: `HealthCheckRequest` for the whole server. */
const question = Buffer.alloc(5);

function call(session: ClientHttp2Session, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request(
      {
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        [constants.HTTP2_HEADER_TE]: 'trailers',
      },
      { signal },
    );
    let headers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      headers = { ...headers, ...received };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => reject(signal.aborted ? new Error('no answer in time') : new Error('no answer')));
    stream.on('end', () => resolve({ headers, body: Buffer.concat(chunks) }));
    stream.end(question);
  });
}

/** One message whose field 1, an enumeration, is SERVING. */
const serving = Buffer.of(0, 0, 0, 0, 2, 0x08, 1);

function readAnswer({ headers, body }: Answer): Result<void> {
  const status = headers['grpc-status'];
  if (status !== '0') return fail(`gRPC status ${status ?? 'missing'}`);
  return body.equals(serving) ? ok(undefined) : fail('NOT_SERVING');
}

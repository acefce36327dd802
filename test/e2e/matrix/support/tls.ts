import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Echo } from '../../../../examples/backend/echo.js';
import type { Credential } from '../../../support/certificates.js';
import { type Gateway, typed } from './gateway.js';
import { newMark, type Seen, type SeenStack } from './seen-input.js';

export interface TlsListener {
  readonly server: Credential;
  /** PEM of the authority of clients; without it they are not asked for a certificate. */
  readonly clientAuthority?: string;
  readonly requireClientCertificate?: boolean;
  /** Let in whoever has any certificate. */
  readonly acceptUntrusted?: boolean;
}

/** Makes the gateway's listener speak TLS. */
export function terminateTls({ listener }: Gateway, options: TlsListener): void {
  const { acceptUntrusted = false, clientAuthority, requireClientCertificate = false, server } = options;
  const context = {
    tls_certificates: [
      { certificate_chain: { inline_string: server.cert }, private_key: { inline_string: server.key } },
    ],
    alpn_protocols: ['h2', 'http/1.1'],
    ...(clientAuthority !== undefined && {
      validation_context: {
        trusted_ca: { inline_string: clientAuthority },
        trust_chain_verification: acceptUntrusted ? 'ACCEPT_UNTRUSTED' : 'VERIFY_TRUST_CHAIN',
      },
    }),
  };
  for (const chain of listener.filter_chains) {
    chain['transport_socket'] = {
      name: 'envoy.transport_sockets.tls',
      typed_config: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
        require_client_certificate: requireClientCertificate,
        common_tls_context: context,
      }),
    };
  }
}

export interface TlsClient {
  /** PEM of the authority of the server. */
  readonly ca: string;
  readonly servername?: string;
  readonly credential?: Credential;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TlsRequest extends TlsClient {
  readonly path: string;
  readonly method?: string;
}

export interface TlsResponse {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Over a connection of its own; rejects when the handshake fails. */
export async function sendTls(url: string, options: TlsRequest): Promise<TlsResponse> {
  const { ca, credential, headers = {}, method = 'GET', path, servername = 'localhost' } = options;
  const asking = request(url.replace('http:', 'https:'), {
    path,
    method,
    headers,
    agent: false,
    ca,
    servername,
    // Node would compare the certificate with the header `host`.
    checkServerIdentity: () => undefined,
    ...credential,
  });
  const [response] = (await once(asking.end(), 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** Sends a GET for `/cars` over TLS; rejects when the handshake fails. */
export async function askTls(stack: SeenStack, client: TlsClient): Promise<Omit<Seen, 'response'>> {
  const mark = newMark();
  const headers = { 'x-echo': '1', ...client.headers, 'x-mark': mark };
  const { status, body } = await sendTls(stack.url, { ...client, path: '/cars', headers });
  const echo = status === 200 ? (JSON.parse(body) as Echo) : undefined;
  return { echo, ...(await stack.seen(mark)) };
}

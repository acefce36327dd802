import { loadOwnProtos } from '../../scripts/protos/load-protos.js';
import { hexText } from './random.js';

const root = loadOwnProtos();
const checkRequest = root.lookupType('envoy.service.auth.v3.CheckRequest');
const checkResponse = root.lookupType('envoy.service.auth.v3.CheckResponse');

/** An HTTP request that Envoy asks about. */
export interface AskedRequest {
  readonly method: string;
  readonly path: string;
  /** Beside those that the size brings. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `small` is what a plain client sends, `medium` what a browser sends, `large` has long cookies and many headers. */
export type RequestSize = 'small' | 'medium' | 'large';

/** Encodes what Envoy 1.40 would send: pseudo headers among the headers, addresses, time, empty metadata. */
export function encodeCheck(asked: AskedRequest, size: RequestSize, random: () => number): Buffer {
  const { body = '', method, path } = asked;
  const headers = {
    ':authority': 'api.example.com',
    ':method': method,
    ':path': path,
    ':scheme': 'https',
    ...(size !== 'small' && browserHeaders(random)),
    ...(size === 'large' && manyHeaders(random)),
    'x-request-id': requestId(random),
    ...asked.headers,
  };
  const http = {
    id: String(Math.floor(random() * 1e16)),
    method,
    headers,
    path,
    host: 'api.example.com',
    scheme: 'https',
    size: body.length,
    protocol: 'HTTP/2',
    body,
  };
  const attributes = {
    source: { address: socketAddress('10.2.14.7', 32_768 + Math.floor(random() * 28_000)) },
    destination: { address: socketAddress('10.2.9.31', 8443) },
    request: { time: { seconds: 1_760_000_000, nanos: Math.floor(random() * 1e9) }, http },
    metadata_context: {},
    route_metadata_context: {},
  };
  return Buffer.from(checkRequest.encode(checkRequest.fromObject({ attributes })).finish());
}

/** What a CheckResponse decides, without what differs from answer to answer or from server to server. */
export function decided(response: Uint8Array): object {
  const answer = checkResponse.toObject(checkResponse.decode(response), { enums: Number }) as {
    status?: { code?: number };
    denied_response?: { status?: { code?: number }; body?: string };
  };
  const code = answer.status?.code ?? 0;
  if (code === 0) return { code };
  return { code, status: answer.denied_response?.status?.code ?? 403, body: answer.denied_response?.body ?? '' };
}

function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}

function requestId(random: () => number): string {
  return [8, 4, 4, 4, 12].map((length) => hexText(random, length)).join('-');
}

function browserHeaders(random: () => number): Record<string, string> {
  return {
    accept: 'application/json, text/plain, */*',
    'accept-encoding': 'gzip, deflate, br, zstd',
    'accept-language': 'en-GB,en;q=0.9,de;q=0.7',
    'user-agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    referer: 'https://app.example.com/overview',
    origin: 'https://app.example.com',
    cookie: `session=${hexText(random, 64)}; theme=dark; region=eu-central`,
    'x-forwarded-for': `203.0.113.${Math.floor(random() * 256)}`,
    'x-forwarded-proto': 'https',
    traceparent: `00-${hexText(random, 32)}-${hexText(random, 16)}-01`,
    'cache-control': 'no-cache',
  };
}

function manyHeaders(random: () => number): Record<string, string> {
  const extra = Array.from({ length: 84 }, (_, index) => [`x-application-context-${index}`, hexText(random, 48)]);
  return { ...Object.fromEntries(extra), cookie: `session=${hexText(random, 64)}; profile=${hexText(random, 800)}` };
}

import { connect } from 'node:net';
import { Agent } from 'undici';
import type { Echo } from '../../examples/backend/echo.js';

export interface HttpRequest {
  readonly method?: string;
  /** An object, or pairs where a name is repeated. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated ones as an array. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  json(): unknown;
}

const agent = new Agent({ pipelining: 1 });

/** Sends the path exactly as it is given: no dot segment is resolved, nothing is encoded. */
export async function send(origin: string, path: string, request: HttpRequest = {}): Promise<HttpResponse> {
  const response = await agent.request({
    origin,
    path,
    method: (request.method ?? 'GET') as 'GET',
    headers: flat(request.headers ?? {}),
    body: request.body ?? null,
  });
  const body = await response.body.text();
  return { status: response.statusCode, headers: response.headers, body, json: () => JSON.parse(body) };
}

/** The request as the backend got it; fails if it did not get there. */
export async function sendForEcho(origin: string, path: string, request: HttpRequest = {}): Promise<Echo> {
  const headers = [...pairs(request.headers ?? {}), ['x-echo', '1'] as const];
  const response = await send(origin, path, { ...request, headers });
  if (response.status !== 200) throw new Error(`no echo: ${response.status} ${response.body}`);
  return response.json() as Echo;
}

/** The values of a header in an echo, one for each line. */
export function echoedHeader(echo: Echo, name: string): string[] {
  return echo.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

export interface RawResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * Writes bytes to the server as they are and reads until it closes the connection, for requests that no client
 * would send. One character is one byte. The request must ask for `connection: close`, or be refused.
 */
export async function sendRaw(origin: string, bytes: string, within = 5_000): Promise<RawResponse> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(within, () => socket.destroy(new Error(`no end of the answer after ${within} ms`)));
  socket.write(bytes, 'latin1');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return parseResponse(Buffer.concat(chunks).toString('latin1'));
}

function parseResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end === -1 ? text.length : end).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, body: end === -1 ? '' : text.slice(end + 4) };
}

function pairs(headers: NonNullable<HttpRequest['headers']>): (readonly [string, string])[] {
  return isPairs(headers) ? [...headers] : Object.entries(headers);
}

function isPairs(headers: NonNullable<HttpRequest['headers']>): headers is readonly (readonly [string, string])[] {
  return Array.isArray(headers);
}

function flat(headers: NonNullable<HttpRequest['headers']>): string[] {
  return pairs(headers).flat();
}

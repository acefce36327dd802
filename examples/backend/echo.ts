import type { IncomingMessage } from 'node:http';

/** The request as it reached the backend, after Envoy and the decision changed it. */
export interface Echo {
  readonly method: string;
  /** The request target, with its query. */
  readonly path: string;
  readonly http_version: string;
  /** Name and value of each header line, in order, repeated names included. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly body_base64: string;
}

export function echoOf(request: IncomingMessage, body: Buffer): Echo {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    headers.push([request.rawHeaders[index] ?? '', request.rawHeaders[index + 1] ?? '']);
  }
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    http_version: request.httpVersion,
    headers,
    body: body.toString('utf8'),
    body_base64: body.toString('base64'),
  };
}

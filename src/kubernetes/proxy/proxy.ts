import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ApiAnswer, ApiClient, ApiFailure, ApiFailureKind } from '../api/api-client.js';
import type { AllowRule } from './allow-list.js';
import { readRequest } from './read-request.js';
import { statusBody } from './status-body.js';

export type ProxyOutcome = 'answered' | 'refused' | 'failed';

export interface ProxyOptions {
  readonly api: Pick<ApiClient, 'get'>;
  readonly allow: readonly AllowRule[];
  /** Requests under way at once; one more is answered 429. */
  readonly maxRequests: number;
  /** Binds the server and resolves to the bound address. */
  readonly listen: (server: Server) => Promise<string>;
  readonly count: (outcome: ProxyOutcome) => void;
  /** The API server could not be asked. */
  readonly onFailure: (failure: ApiFailure) => void;
}

export interface KubernetesProxy {
  /** Resolves to the bound address, with the real port. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
};

/** Milliseconds without a byte in either direction. */
const idleTimeout = 30_000;

/** The Kubernetes API for the policies of an OPA on this machine: some of it, read only, with our token. */
export function createProxy(options: ProxyOptions): KubernetesProxy {
  const { allow, api, count, maxRequests, onFailure } = options;
  let underWay = 0;

  const answer = async (request: IncomingMessage): Promise<Page> => {
    const target = readRequest(request, allow);
    if (!target.ok) {
      count('refused');
      return page(target.error.status, target.error.message);
    }
    if (underWay >= maxRequests) {
      count('refused');
      return page(429, 'too many requests are under way');
    }
    underWay += 1;
    const answered = await api.get(target.value).finally(() => {
      underWay -= 1;
    });
    count(answered.ok ? 'answered' : 'failed');
    if (answered.ok) return passedOn(answered.value);
    onFailure(answered.error);
    return page(...failures[answered.error.kind]);
  };

  const server = createServer(limits, (request, response) => {
    answer(request).then(
      (made) => send(request, response, made),
      () => response.destroy(),
    );
  });
  server.maxConnections = maxRequests * 2;
  // Who does not read its answer does not keep it in our memory.
  server.setTimeout(idleTimeout);
  return {
    listen: () => options.listen(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Page {
  readonly status: number;
  readonly body: string | Buffer;
}

/** What a policy is told; what happened in detail is for our log. */
const failures: Readonly<Record<ApiFailureKind, readonly [status: number, message: string]>> = {
  timeout: [504, 'the API server did not answer in time'],
  unreachable: [502, 'the API server cannot be reached'],
  too_large: [500, 'the answer is larger than kubernetes.api.max_response_size'],
  redirect: [502, 'the API server answered with a redirect'],
  no_token: [500, 'the token of the service account cannot be read'],
};

/** Status and JSON body of the API server, and none of its headers. */
function passedOn({ body, isJson, status }: ApiAnswer): Page {
  if (isJson) return { status, body };
  return status === 200
    ? page(502, 'the API server answered something that is not JSON')
    : page(status, 'no reason given');
}

function page(status: number, message: string): Page {
  return { status, body: statusBody(status, message) };
}

function send(request: IncomingMessage, response: ServerResponse, { body, status }: Page): void {
  // What the body of a refused request holds is not read as the next request.
  const ends = request.method !== 'GET' || status === 400;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET' }),
    ...(ends && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

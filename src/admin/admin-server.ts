import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from '../telemetry/metrics.js';

/** What `/status` shows. Nothing secret: whoever reaches the port can read it. */
export interface AdminStatus {
  readonly version: string;
  /** ISO 8601. */
  readonly started: string;
  readonly engine: string;
  readonly revision: string | null;
  readonly ready: boolean;
  readonly decision_paths: readonly string[];
  /** How it stands with each bundle that is fetched, in the words of OPA's status reports. */
  readonly bundles?: Readonly<Record<string, object>>;
  /** The same of the bundle that says which ones are fetched, if there is one. */
  readonly discovery?: object | undefined;
  /** Tells whether two processes run on the same configuration. */
  readonly config_hash?: string;
}

export interface AdminServerParts {
  /** Binds the server and resolves to the bound address; rejects with a PortcullisError. */
  readonly listen: (server: Server) => Promise<string>;
  /** `ready`, or else why not. */
  readonly readiness: { state(): string };
  readonly metrics: Pick<Metrics, 'scrape'>;
  /** What `/status` shows as JSON: nothing secret. */
  readonly status: () => object | Promise<object>;
  /** The key set that backends verify our tokens with; undefined when none are made. */
  readonly publicKeys?: () => object | undefined | Promise<object | undefined>;
  /** A page could not be made. */
  readonly fault: (error: unknown) => void;
}

export interface AdminServer {
  /** Resolves to the bound address, with the real port. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

/** Probes and scrapers send small requests and read quickly; others must not hold memory or sockets. */
const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const maxConnections = 64;

/** Liveness, readiness, metrics and status, apart from the port that Envoy asks. */
export function createAdminServer(parts: AdminServerParts): AdminServer {
  const pages = createPages(parts);
  const server = createServer(limits, (request, response) => {
    respond(pages, request, response).catch((error: unknown) => {
      parts.fault(error);
      if (response.headersSent) response.destroy();
      else send(request, response, text(500, 'internal error\n'));
    });
  });
  server.maxConnections = maxConnections;
  return {
    listen: () => parts.listen(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

type Pages = ReadonlyMap<string, () => Page | Promise<Page>>;

function createPages({ readiness, metrics, status, publicKeys }: AdminServerParts): Pages {
  return new Map<string, () => Page | Promise<Page>>([
    // Alive means that this answer came: a policy that is missing is no reason to be restarted.
    ['/livez', () => text(200, 'alive\n')],
    [
      '/readyz',
      () => {
        const state = readiness.state();
        return text(state === 'ready' ? 200 : 503, `${state}\n`);
      },
    ],
    [
      '/metrics',
      async () => {
        const scraped = await metrics.scrape();
        return { status: 200, contentType: scraped.contentType, body: scraped.text };
      },
    ],
    [
      '/status',
      async () => {
        const body = `${JSON.stringify(await status(), null, 2)}\n`;
        return { status: 200, contentType: 'application/json', body };
      },
    ],
    [
      '/.well-known/jwks.json',
      async () => {
        const keys = await publicKeys?.();
        if (keys === undefined) return text(404, 'not found\n');
        return { status: 200, contentType: 'application/jwk-set+json', body: JSON.stringify(keys) };
      },
    ],
  ]);
}

async function respond(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '';
  const page = pages.get(path);
  if (page === undefined) return send(request, response, text(404, 'not found\n'));
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(request, response, text(405, 'method not allowed\n'));
  }
  send(request, response, await page());
}

function send(request: IncomingMessage, response: ServerResponse, page: Page): void {
  response.writeHead(page.status, {
    'content-type': page.contentType,
    'content-length': Buffer.byteLength(page.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}

function text(status: number, body: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

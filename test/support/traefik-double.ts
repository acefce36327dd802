import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { GatewayAddresses, RunningGateway } from './gateway-stack.js';
import { repository } from './portcullis-server.js';

// Traefik cannot be had. This does what its documentation, and `pkg/middlewares/auth/forward.go` of version 3, say of
// `forwardAuth`, with the configuration of docs/gateways/traefik.md.

interface ForwardAuth {
  readonly address: string;
  readonly authResponseHeaders: readonly string[];
}

interface TraefikFile {
  readonly http: {
    readonly middlewares: Readonly<Record<string, { readonly forwardAuth: ForwardAuth }>>;
    readonly routers: Readonly<Record<string, { readonly rule: string; readonly middlewares?: readonly string[] }>>;
  };
}

const page = await readFile(join(repository, 'docs', 'gateways', 'traefik.md'), 'utf8');
const { http: configuration } = parse(/^```yaml traefik\n(.*?)^```$/ms.exec(page)?.[1] ?? '') as TraefikFile;

const hopByHop = /^(?:connection|keep-alive|proxy-connection|te|trailers?|transfer-encoding|upgrade)$/;

/** The middleware of the router with the longest rule that matches, which is Traefik's own order. */
function middlewareFor(method: string, path: string): ForwardAuth | undefined {
  const routers = Object.values(configuration.routers).sort((one, other) => other.rule.length - one.rule.length);
  const [name = ''] = routers.find(({ rule }) => matches(rule, method, path))?.middlewares ?? [];
  return configuration.middlewares[name]?.forwardAuth;
}

function matches(rule: string, method: string, path: string): boolean {
  const [, wanted, inner] = /^Method\(`(\w+)`\) && \((.*)\)$/.exec(rule) ?? [];
  if (wanted !== undefined && inner !== undefined) return method === wanted && matches(inner, method, path);
  return rule.split(' || ').some((part) => {
    const [, kind, text = ''] = /^!?(Path|PathPrefix)\(`(.*)`\)$/.exec(part) ?? [];
    return kind === 'Path' ? path === text : kind === 'PathPrefix' && path.startsWith(text);
  });
}

export async function startTraefikDouble(addresses: GatewayAddresses): Promise<RunningGateway> {
  const log: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    serve(request, response, addresses, log).catch(() => response.writeHead(500).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessLog: () => log,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { portcullis, backend }: GatewayAddresses,
  log: Record<string, unknown>[],
): Promise<void> {
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/]*/i, '');
  const body = await collect(request);
  const lines = clientLines(request);
  const auth = middlewareFor(request.method ?? '', target.split('?')[0] ?? '');
  const answer = auth && (await ask(auth.address.replace('127.0.0.1:9292', portcullis), request, target, lines));
  log.push({ path: target, decision_id: answer?.headers['x-portcullis-decision-id'] });
  if (answer !== undefined && !(answer.status >= 200 && answer.status < 300)) {
    response.writeHead(answer.status, answer.headers).end(answer.body);
    return;
  }
  const ours = (auth?.authResponseHeaders ?? ['X-User', 'X-User-Roles']).map((name) => name.toLowerCase());
  const kept = lines.filter(([name]) => !ours.includes(name));
  const set = ours.flatMap((name) => [answer?.headers[name] ?? []].flat().map((value) => [name, value] as const));
  const length = body.length === 0 ? [] : ([['content-length', String(body.length)]] as const);
  const upstream = send(`http://${backend}${target}`, {
    method: request.method ?? 'GET',
    headers: [['host', request.headers.host ?? backend], ...length, ...kept, ...set].flat() as never,
  });
  upstream.end(body);
  const [received] = (await once(upstream, 'response')) as [IncomingMessage];
  response.writeHead(received.statusCode ?? 500, withoutHops(received));
  received.pipe(response);
}

/** The entry point takes away what a client says in `X-Forwarded-…`, and what it names in `Connection`. */
function clientLines({ rawHeaders, headers }: IncomingMessage): (readonly [string, string])[] {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/[ ,]+/));
  const lines: (readonly [string, string])[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const dropped = hopByHop.test(name) || named.has(name) || /^x-forwarded-|^x-real-ip$/.test(name);
    if (!dropped && name !== 'host' && name !== 'content-length') lines.push([name, rawHeaders[index + 1] ?? '']);
  }
  return lines;
}

async function ask(
  address: string,
  request: IncomingMessage,
  target: string,
  lines: readonly (readonly [string, string])[],
) {
  const carriers = [
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-method', request.method ?? ''],
    ['x-forwarded-proto', 'http'],
    ['x-forwarded-host', request.headers.host ?? ''],
    ['x-forwarded-port', '80'],
    ['x-forwarded-uri', target],
  ];
  const headers = [['host', new URL(address).host], ...lines, ...carriers].flat() as never;
  const asked = send(address, { method: 'GET', headers });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const body = await collect(answer);
  return { status: answer.statusCode ?? 500, headers: withoutHops(answer), body };
}

function withoutHops({ headers }: IncomingMessage): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.test(name)));
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Echo } from '../../../../examples/backend/echo.js';
import { type BackendServer, startBackend } from '../../../support/backend-server.js';
import { type EnvoyServer, startEnvoy } from '../../../support/envoy-server.js';
import { type HttpRequest, type HttpResponse, send, sendForEcho } from '../../../support/http.js';
import {
  type PortcullisOptions,
  type PortcullisServer,
  repository,
  startPortcullis,
} from '../../../support/portcullis-server.js';
import type { CheckAnswer } from './check-answers.js';
import { type CheckServer, startCheckServer } from './check-server.js';
import { type Gateway, gatewayOf } from './gateway.js';
import { type StalledOpa, startStalledOpa } from './stalled-opa.js';

/** Envoy with the backend behind it; who answers the checks is the test's affair. */
export interface Front {
  readonly url: string;
  readonly envoy: EnvoyServer;
  readonly backend: BackendServer;
  /** The backend answers any path with 200. */
  send(path: string, request?: HttpRequest): Promise<HttpResponse>;
  sendForEcho(path: string, request?: HttpRequest): Promise<Echo>;
  /** A counter of the filter or of the cluster that is asked, by the end of its name. */
  count(name: string): Promise<number>;
  /** What the access log says about the last request to the path, as soon as it says something. */
  logged(path: string): Record<string, unknown> | undefined;
}

export interface FrontOptions {
  /** Makes a variant of `envoy/gateway.yaml`. */
  readonly change?: (gateway: Gateway) => void;
  /** Another Envoy than the pinned one. */
  readonly program?: string;
}

/** Starts them for the test that is running. `checks`: where Envoy asks, one address or several. */
export async function startFront(checks: string | readonly string[], options: FrontOptions = {}): Promise<Front> {
  const [first = '', ...others] = typeof checks === 'string' ? [checks] : checks;
  const backend = await untilTestEnds(startBackend());
  const envoy = await untilTestEnds(
    startEnvoy({
      config: join(repository, 'envoy', 'gateway.yaml'),
      clusters: { portcullis: first, backend: backend.address },
      change: (config) => {
        const gateway = gatewayOf(config);
        addHosts(gateway, others);
        options.change?.(gateway);
      },
      ...(options.program !== undefined && { program: options.program }),
    }),
  );
  return {
    url: envoy.url,
    envoy,
    backend,
    send: (path, request) => sendToEcho(envoy.url, path, request),
    sendForEcho: (path, request) => sendForEcho(envoy.url, path, request),
    count: (name) => count(envoy, name),
    logged: (path) => envoy.accessLog().findLast((line) => line['path'] === path),
  };
}

/** A server of the checks that does what the test says. */
export function misbehaving(answer: CheckAnswer): Promise<CheckServer> {
  return untilTestEnds(startCheckServer(answer));
}

export function stalledOpa(): Promise<StalledOpa> {
  return untilTestEnds(startStalledOpa());
}

/** A real Portcullis for the test that is running. */
export function portcullis(options: PortcullisOptions): Promise<PortcullisServer> {
  return untilTestEnds(startPortcullis(options));
}

/** A Portcullis whose evaluations wait for the OPA, longer than any Envoy does. */
export function portcullisAsking(opa: StalledOpa, grpc: object = {}): Promise<PortcullisServer> {
  const engine = { kind: 'opa', opa: { url: opa.url }, timeout: '60s' };
  return portcullis({ config: { engine, grpc, decision_log: { enabled: true } } });
}

/** The parts of the configuration that say how Envoy asks. */
export function asking({ config, extAuthz }: Gateway) {
  const cluster = config.static_resources.clusters?.find(({ name }) => name === 'portcullis');
  return {
    grpcService: extAuthz['grpc_service'] as Record<string, unknown>,
    // biome-ignore lint/suspicious/noExplicitAny: Envoy's configuration has no static form here.
    cluster: cluster as any,
  };
}

/** Makes Envoy wait until the test has done what it does. Each attempt has a timeout of its own: `max_interval`. */
export function waitLong(grpcService: Record<string, unknown>): void {
  grpcService['timeout'] = '20s';
  const { retry_back_off: backOff } = grpcService['retry_policy'] as { retry_back_off: Record<string, string> };
  backOff['max_interval'] = '20s';
}

function sendToEcho(url: string, path: string, request: HttpRequest = {}): Promise<HttpResponse> {
  const given = request.headers ?? {};
  const pairs = (Array.isArray(given) ? given : Object.entries(given)) as readonly (readonly [string, string])[];
  return send(url, path, { ...request, headers: [...pairs, ['x-echo', '1']] });
}

async function untilTestEnds<Server extends { stop(): Promise<unknown> }>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  onTestFinished(async () => void (await server.stop()));
  return server;
}

function addHosts(gateway: Gateway, addresses: readonly string[]): void {
  const { lb_endpoints: endpoints } = asking(gateway).cluster.load_assignment.endpoints[0];
  for (const address of addresses) {
    const { hostname, port } = new URL(`http://${address}`);
    endpoints.push({ endpoint: { address: { socket_address: { address: hostname, port_value: Number(port) } } } });
  }
}

async function count(envoy: EnvoyServer, name: string): Promise<number> {
  const stats = await envoy.stats(/ext_authz|^cluster\.portcullis\./);
  const values = Object.entries(stats).filter(
    ([key]) => key.endsWith(`.${name}`) && !key.startsWith('cluster.backend.'),
  );
  return values.reduce((sum, [, value]) => sum + value, 0);
}

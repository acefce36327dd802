import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { EnvoyConfig } from '../../../../scripts/demo/envoy-config.js';
import type { Credential } from '../../../support/certificates.js';
import { type EnvoyServer, startEnvoy } from '../../../support/envoy-server.js';
import { typed } from './gateway.js';

type Fields = Record<string, unknown>;

export interface TcpFrontOptions {
  /** Members of the network filter, beside those that docs/envoy.md shows. */
  readonly filter?: Fields;
  /** Members of `tcp_proxy`. */
  readonly proxy?: Fields;
  readonly listenerFilters?: readonly object[];
  /** TLS ends at Envoy, which shows this certificate and takes any of the client's. */
  readonly tls?: Credential;
  /** Another Envoy than the pinned one. */
  readonly program?: string;
}

/** Envoy with the network filter before `tcp_proxy`, and behind them a server that greets and then echoes. */
export interface TcpFront {
  readonly envoy: EnvoyServer;
  /** Writes `bytes`, if any, and reads until the other side ends, or until `enough` has come. */
  exchange(bytes: string | Buffer, options?: ExchangeOptions): Promise<Exchange>;
  /** A counter of the filter, by the end of its name. */
  count(name: string): Promise<number>;
}

export interface ExchangeOptions {
  readonly tls?: ConnectionOptions;
  readonly enough?: string;
  /** Looks around while the connection is still open: its end alone makes Envoy ask as well. */
  readonly beforeEnd?: () => Promise<void>;
}

export interface Exchange {
  readonly received: string;
  /** Code of the error that ended the connection. */
  readonly error?: string | undefined;
}

export const banner = 'hello, I speak first\n';

/** Starts both for the test that is running. */
export async function startTcpFront(checks: string, options: TcpFrontOptions = {}): Promise<TcpFront> {
  const backend = await startTcpBackend();
  const envoy = await startEnvoy({
    config: tcpConfig(options),
    clusters: { portcullis: checks, backend },
    ...(options.program !== undefined && { program: options.program }),
  });
  onTestFinished(() => envoy.stop());
  return {
    envoy,
    exchange: (bytes, how = {}) => exchange(envoy.url, bytes, how),
    count: async (name) => {
      const stats = await envoy.stats(/^ext_authz\.tcp\./);
      return stats[`ext_authz.tcp.${name}`] ?? 0;
    },
  };
}

async function startTcpBackend(): Promise<string> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.write(banner);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function exchange(url: string, bytes: string | Buffer, options: ExchangeOptions): Promise<Exchange> {
  const { beforeEnd, enough, tls } = options;
  const { hostname, port } = new URL(url);
  const place = { host: hostname, port: Number(port) };
  const socket = tls === undefined ? connect(place) : connectTls({ ...place, rejectUnauthorized: false, ...tls });
  socket.setTimeout(5_000, () => socket.destroy(new Error('no end within five seconds')));
  if (bytes.length > 0) socket.write(bytes);
  let received = '';
  try {
    // Leaving the loop closes the connection.
    for await (const chunk of socket) {
      received += (chunk as Buffer).toString('latin1');
      if (enough === undefined || !received.includes(enough)) continue;
      await beforeEnd?.();
      break;
    }
    return { received };
  } catch (error) {
    return { received, error: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

const network = 'envoy.extensions.filters.network';

function tcpConfig({ filter = {}, listenerFilters = [], proxy = {}, tls }: TcpFrontOptions): EnvoyConfig {
  const extAuthz = typed(`${network}.ext_authz.v3.ExtAuthz`, {
    stat_prefix: 'tcp',
    transport_api_version: 'V3',
    grpc_service: { envoy_grpc: { cluster_name: 'portcullis' }, timeout: '2s' },
    failure_mode_allow: false,
    include_tls_session: true,
    ...filter,
  });
  const tcpProxy = typed(`${network}.tcp_proxy.v3.TcpProxy`, {
    stat_prefix: 'tcp',
    cluster: 'backend',
    access_log: [accessLog],
    ...proxy,
  });
  const chain = {
    filters: [
      { name: 'envoy.filters.network.ext_authz', typed_config: extAuthz },
      { name: 'envoy.filters.network.tcp_proxy', typed_config: tcpProxy },
    ],
    ...(tls !== undefined && { transport_socket: downstreamTls(tls) }),
  };
  const address = { socket_address: { address: '127.0.0.1', port_value: 0 } };
  const listener = { name: 'tcp', address, listener_filters: listenerFilters, filter_chains: [chain] };
  return { static_resources: { listeners: [listener], clusters: [portcullisCluster, cluster('backend')] } };
}

const accessLog = {
  name: 'envoy.access_loggers.stdout',
  typed_config: typed('envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', {
    log_format: {
      json_format: {
        flags: '%RESPONSE_FLAGS%',
        details: '%CONNECTION_TERMINATION_DETAILS%',
        network: '%DYNAMIC_METADATA(envoy.filters.network.ext_authz)%',
        http: '%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%',
      },
    },
  }),
};

function downstreamTls({ cert, key }: Credential): Fields {
  const certificate = { certificate_chain: { inline_string: cert }, private_key: { inline_string: key } };
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      common_tls_context: {
        tls_certificates: [certificate],
        // Asks the client for a certificate and believes any.
        validation_context: { trust_chain_verification: 'ACCEPT_UNTRUSTED' },
      },
    }),
  };
}

function cluster(name: string) {
  const address = { socket_address: { address: '127.0.0.1', port_value: 1 } };
  const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  return { name, type: 'STATIC', connect_timeout: '1s', load_assignment: { cluster_name: name, endpoints } };
}

const portcullisCluster = {
  ...cluster('portcullis'),
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typed(
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      { explicit_http_config: { http2_protocol_options: {} } },
    ),
  },
};

import type { EnvoyConfig } from '../../../../scripts/demo/envoy-config.js';

type Fields = Record<string, unknown>;

export interface Extension {
  name: string;
  typed_config: Fields;
}

export interface Route extends Fields {
  match: Fields;
  typed_per_filter_config?: Record<string, Fields>;
}

export interface VirtualHost extends Fields {
  name: string;
  domains: string[];
  routes: Route[];
  typed_per_filter_config: Record<string, Fields>;
}

export interface ConnectionManager extends Fields {
  http_filters: Extension[];
  http_protocol_options: Fields;
  common_http_protocol_options: Fields;
  route_config: { virtual_hosts: VirtualHost[] };
  access_log: { typed_config: { log_format: { json_format: Record<string, string> } } }[];
}

export interface Listener extends Fields {
  address: Fields;
  filter_chains: (Fields & { filters: Extension[] })[];
}

/** Takes away Envoy's second lock on mutations, so that a test sees what Portcullis itself lets out. */
export function withoutSecondLock({ extAuthz }: Gateway): void {
  extAuthz['validate_mutations'] = false;
}

/** The parts of the shipped `envoy/gateway.yaml` that variants of it change, by the names Envoy gives them. */
export interface Gateway {
  readonly config: EnvoyConfig & Fields;
  readonly listener: Listener;
  readonly connectionManager: ConnectionManager;
  readonly extAuthz: Fields;
  readonly virtualHost: VirtualHost;
  /** Matches every path that no other route does. */
  readonly catchAll: Route;
}

export function gatewayOf(config: EnvoyConfig): Gateway {
  const listener = there(config.static_resources.listeners?.[0]) as unknown as Listener;
  const connectionManager = there(listener.filter_chains[0]?.filters[0]).typed_config as ConnectionManager;
  const virtualHost = there(connectionManager.route_config.virtual_hosts[0]);
  return {
    config: config as EnvoyConfig & Fields,
    listener,
    connectionManager,
    extAuthz: filterNamed(connectionManager, 'envoy.filters.http.ext_authz').typed_config,
    virtualHost,
    catchAll: there(virtualHost.routes.at(-1)),
  };
}

export function filterNamed({ http_filters }: ConnectionManager, name: string): Extension {
  return there(http_filters.find((filter) => filter.name === name));
}

/** Puts a filter directly before ext_authz. */
export function addFilter({ connectionManager }: Gateway, name: string, type: string, config: Fields): void {
  const { http_filters: filters } = connectionManager;
  const before = filters.findIndex((filter) => filter.name === 'envoy.filters.http.ext_authz');
  filters.splice(before, 0, { name, typed_config: typed(type, config) });
}

/** Sends requests to another backend than that of the stack. */
export function useBackend({ config }: Gateway, port: number): void {
  for (const { name, load_assignment } of config.static_resources.clusters ?? []) {
    if (name !== 'backend') continue;
    const address = { socket_address: { address: '127.0.0.1', port_value: port } };
    load_assignment.endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  }
}

/** `check_settings` (or `disabled`) of ext_authz for a route or a virtual host. */
export function perRoute(settings: Fields): Record<string, Fields> {
  const type = 'envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute';
  return { 'envoy.filters.http.ext_authz': typed(type, settings) };
}

export function typed(type: string, config: Fields): Fields {
  return { '@type': `type.googleapis.com/${type}`, ...config };
}

function there<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the gateway configuration has another form');
  return value;
}

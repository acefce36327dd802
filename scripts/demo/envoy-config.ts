import { splitAddress } from './address.js';

/** An Envoy configuration as far as addresses go; everything else is carried along. */
export interface EnvoyConfig {
  admin?: { address: EnvoyAddress };
  static_resources: {
    listeners?: { name: string; address: EnvoyAddress }[];
    clusters?: {
      name: string;
      load_assignment: { endpoints: { lb_endpoints: { endpoint: { address: EnvoyAddress } }[] }[] };
    }[];
  };
}

type EnvoyAddress =
  | { readonly socket_address: { readonly address: string; readonly port_value: number } }
  | { readonly pipe: { readonly path: string } };

/** Where to listen and whom to ask: `host:port` or `unix:///path`. */
export interface Addresses {
  readonly listener?: string | undefined;
  readonly admin?: string | undefined;
  /** By cluster name. */
  readonly clusters?: Readonly<Record<string, string>> | undefined;
}

/** The same configuration at other addresses; what is not named keeps its own. */
export function withAddresses(config: EnvoyConfig, addresses: Addresses): EnvoyConfig {
  const changed = structuredClone(config);
  if (addresses.admin !== undefined) changed.admin = { address: envoyAddress(addresses.admin) };
  const [listener] = changed.static_resources.listeners ?? [];
  if (addresses.listener !== undefined && listener) listener.address = envoyAddress(addresses.listener);
  for (const [name, address] of Object.entries(addresses.clusters ?? {})) setCluster(changed, name, address);
  return changed;
}

function setCluster(config: EnvoyConfig, name: string, address: string): void {
  const cluster = config.static_resources.clusters?.find((candidate) => candidate.name === name);
  if (cluster === undefined) throw new Error(`the Envoy configuration has no cluster ${name}`);
  for (const { lb_endpoints } of cluster.load_assignment.endpoints) {
    for (const { endpoint } of lb_endpoints) endpoint.address = envoyAddress(address);
  }
}

function envoyAddress(address: string): EnvoyAddress {
  if (address.startsWith('unix://')) return { pipe: { path: address.slice('unix://'.length) } };
  const { host, port } = splitAddress(address);
  return { socket_address: { address: host, port_value: port } };
}

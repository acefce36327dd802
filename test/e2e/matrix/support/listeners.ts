import type { Gateway, Listener } from './gateway.js';
import type { SeenStack } from './seen-input.js';

/** Adds a listener that does what the gateway's own does, at another address. */
export function addListener({ config, listener }: Gateway, name: string, address: Listener['address']): Listener {
  const added: Listener = { ...structuredClone(listener), name, address };
  const listeners = config.static_resources.listeners as unknown as Listener[];
  listeners.push(added);
  return added;
}

/** Where a listener with a port that the system chose listens. */
export async function listenerUrl({ envoy }: SeenStack, name: string): Promise<string> {
  const response = await fetch(`${envoy.adminUrl}/listeners?format=json`);
  const { listener_statuses: statuses } = (await response.json()) as {
    listener_statuses: { name: string; local_address: { socket_address: { address: string; port_value: number } } }[];
  };
  const found = statuses.find((status) => status.name === name);
  if (found === undefined) throw new Error(`Envoy has no listener ${name}`);
  const { address, port_value: port } = found.local_address.socket_address;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

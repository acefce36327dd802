import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../config/address.js';

/** The notation that the configuration uses. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix://${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** What a listening server is bound to, with the real port. */
export function boundAddress(bound: AddressInfo | string | null): ListenAddress {
  if (bound === null) throw new TypeError('not listening');
  if (typeof bound === 'string') return { kind: 'unix', path: bound };
  return { kind: 'tcp', host: bound.address, port: bound.port };
}

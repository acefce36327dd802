import { addressMatcher, parseAddressRange } from '../config/address-range.js';
import type { IdentityPeer } from './source.js';

/**
 * Whether the gateway's own peer is one of those whose headers count. Envoy says the address of the
 * connection, which no `X-Forwarded-For` changes. A Unix socket has no address and is never trusted.
 *
 * @param ranges checked by the configuration
 */
export function trustedPeers(ranges: readonly string[]): (peer: IdentityPeer) => boolean {
  const parsed = ranges.map(parseAddressRange).flatMap((range) => (range.ok ? [range.value] : []));
  const matches = addressMatcher(parsed);
  return ({ address }) => address !== undefined && matches(address);
}

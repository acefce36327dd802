import { BlockList, isIP } from 'node:net';
import { fail, ok, type Result } from '../errors/result.js';

export interface AddressRange {
  readonly address: string;
  /** Leading bits that count. */
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

const hint = 'an address or a range, such as 10.1.2.3, 10.1.2.0/24 or fd00::/8';

/** Reads an IP address, or a range in the notation of RFC 4632. */
export function parseAddressRange(text: string): Result<AddressRange> {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0 || address.includes('%')) return fail(hint);
  const longest = family === 4 ? 32 : 128;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= longest)) return fail(hint);
  return ok({ address, prefix: Number(bits ?? longest), family: family === 4 ? 'ipv4' : 'ipv6' });
}

/** Whether an address is in one of the ranges. */
export function addressMatcher(ranges: readonly AddressRange[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, prefix, family } of ranges) list.addSubnet(address, prefix, family);
  return (text) => {
    // A socket that listens on both families shows IPv4 peers in this form.
    const address = text.startsWith('::ffff:') && text.includes('.') ? text.slice('::ffff:'.length) : text;
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}

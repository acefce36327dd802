import { isIPv4, isIPv6 } from 'node:net';

/** A block of addresses; `length` is 32 or 128 bits. */
export interface Cidr {
  readonly network: bigint;
  readonly prefix: number;
  readonly length: 32 | 128;
}

/** `10.0.0.0/8`; bits beyond the prefix are dropped, as in Go. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d+)$/.exec(text);
  const address = parseAddress(match?.[1] ?? '', { mapped: false });
  const prefix = Number(match?.[2]);
  if (address === undefined || prefix > address.length) return undefined;
  const hostBits = BigInt(address.length - prefix);
  return unmap({ network: (address.network >> hostBits) << hostBits, prefix, length: address.length });
}

/** A single address, as a block of one. */
export function parseAddress(text: string, options = { mapped: true }): Cidr | undefined {
  if (isIPv4(text)) return { network: ipv4Bits(text), prefix: 32, length: 32 };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const address: Cidr = { network: ipv6Bits(text), prefix: 128, length: 128 };
  return options.mapped ? unmap(address) : address;
}

/** `::ffff:10.0.0.1` is 10.0.0.1, and a block within `::ffff:0:0/96` is one of IPv4. */
function unmap(cidr: Cidr): Cidr {
  if (cidr.length === 32 || cidr.network >> 32n !== 0xffffn || cidr.prefix < 96) return cidr;
  return { network: cidr.network & 0xffffffffn, prefix: cidr.prefix - 96, length: 32 };
}

export function cidrContains(outer: Cidr, inner: Cidr): boolean {
  if (outer.length !== inner.length || outer.prefix > inner.prefix) return false;
  const hostBits = BigInt(outer.length - outer.prefix);
  return outer.network >> hostBits === inner.network >> hostBits;
}

export function printAddress(bits: bigint, length: 32 | 128): string {
  if (length === 32) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return compress(groups);
}

/** The longest run of zeros, if longer than one group, becomes `::` (RFC 5952). */
function compress(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length === 1) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

function ipv4Bits(text: string): bigint {
  return text.split('.').reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

function ipv6Bits(text: string): bigint {
  const hex = text.replace(/\d+\.\d+\.\d+\.\d+$/, (ipv4) => {
    const bits = ipv4Bits(ipv4);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<string>(zeros).fill('0'), ...last].reduce(
    (bits, group) => (bits << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

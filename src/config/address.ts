import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { fail, ok, type Result } from '../errors/result.js';

/** Where something listens. `host` is an IPv6 address without brackets, an IPv4 address or a name. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export const tcpAddressHint = 'host:port, such as 127.0.0.1:9191 or [::1]:9191';
export const listenAddressHint = `${tcpAddressHint}, or unix:///path/to/socket`;

/** The shortest `sun_path` among the systems we run on (macOS) holds 104 bytes, the closing NUL included. */
const longestSocketPath = 103;

/** Reads `host:port`, `[v6]:port` or `unix:///path`. Port 0 lets the system choose. */
export function parseListenAddress(text: string): Result<ListenAddress> {
  return text.startsWith('unix:') ? parseUnixAddress(text) : parseTcpAddress(text);
}

/** Reads `host:port` or `[v6]:port`. */
export function parseTcpAddress(text: string): Result<ListenAddress & { kind: 'tcp' }> {
  const [, bracketed, plain, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || port === undefined) return fail(tcpAddressHint);
  if (Number(port) > 65_535) return fail('a port from 0 to 65535');
  if (bracketed === undefined ? !isHostName(host) : !isIPv6(host)) return fail(tcpAddressHint);
  return ok({ kind: 'tcp', host, port: Number(port) });
}

/** Reads `unix:///path`, an absolute path that fits into a socket address. */
export function parseUnixAddress(text: string): Result<ListenAddress & { kind: 'unix' }> {
  const path = /^unix:\/\/(\/[^\0\r\n]*[^/\0\r\n])$/.exec(text)?.[1];
  if (path === undefined) return fail('unix:///path/to/socket, an absolute path');
  const length = Buffer.byteLength(path);
  if (length > longestSocketPath) return fail(`a socket path of at most ${longestSocketPath} bytes, not ${length}`);
  return ok({ kind: 'unix', path });
}

/** Whether only this machine can reach the host. A name other than `localhost` may resolve to anything. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return loopback.check(host, 'ipv4');
  if (isIPv6(host)) return loopback.check(host, 'ipv6');
  return host.toLowerCase() === 'localhost';
}

/** Whether two addresses cannot be listened on at once. */
export function collide(one: ListenAddress, other: ListenAddress): boolean {
  if (one.kind === 'unix' || other.kind === 'unix') {
    return one.kind === 'unix' && other.kind === 'unix' && one.path === other.path;
  }
  if (one.port !== other.port || one.port === 0) return false;
  return one.host === other.host || isWildcard(one.host) || isWildcard(other.host);
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isHostName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIPv4(host);
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?$/.test(host);
}

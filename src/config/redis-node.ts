import { fail, ok, type Result } from '../errors/result.js';
import { parseTcpAddress } from './address.js';

/** Where a Redis listens. */
export type RedisNode = { readonly host: string; readonly port: number } | { readonly path: string };

export const redisNodeHint = 'an address such as 10.1.2.3:6379, redis.example:6379 or unix:///path/to/socket';

/** Reads `host:port` or `unix:///path`. */
export function parseRedisNode(text: string): Result<RedisNode> {
  if (text.startsWith('unix:///')) return ok({ path: text.slice('unix://'.length) });
  const address = parseTcpAddress(text);
  return address.ok ? ok({ host: address.value.host, port: address.value.port }) : fail(redisNodeHint);
}

import { createClient, createCluster, createSentinel } from '@redis/client';
import { parseRedisNode } from '../../config/redis-node.js';
import type { Config } from '../../config/schema.js';

/** The `redis` section of a source. */
export type RedisOptions = Extract<Config['identity']['sources'][number], { kind: 'redis-session' }>['redis'];

/** What the files of that section hold. */
export interface RedisSecrets {
  readonly password?: string | undefined;
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}

/** What we use of a client, whichever mode it is of. Not connected when it is made. */
export interface RedisClient {
  connect(): Promise<unknown>;
  hGetAll(key: string): Promise<Readonly<Record<string, string>>>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A connection on which nothing comes for this long is dead: pings see to it that something comes. */
const silence = { pingInterval: 1_000, socketTimeout: 5_000 };
const longestPause = 1_000;

/** Makes a client of the configured mode. */
export function createRedisClient(options: RedisOptions, secrets: RedisSecrets): RedisClient {
  const common = connectionOptions(options, secrets);
  const [first = { host: '127.0.0.1', port: 6379 }] = nodes(options);
  switch (options.mode) {
    case 'single': {
      const socket =
        'path' in first ? { ...common.socket, ...first, tls: false as const } : { ...common.socket, ...first };
      return createClient({ ...common, socket, database: options.database }) as unknown as RedisClient;
    }
    case 'cluster':
      return createCluster({
        rootNodes: nodes(options).map((socket) => ({ socket: { ...common.socket, ...socket } })),
        defaults: common,
        useReplicas: false,
      }) as unknown as RedisClient;
    case 'sentinel':
      return createSentinel({
        name: options.sentinel_name ?? '',
        sentinelRootNodes: nodes(options).flatMap((node) => ('host' in node ? [node] : [])),
        nodeClientOptions: { ...common, database: options.database },
        // Sentinels have users of their own, if any.
        sentinelClientOptions: connectionOptions({ ...options, username: undefined }, { tls: secrets.tls }),
        masterPoolSize: options.connections,
        replicaPoolSize: 0,
      }) as unknown as RedisClient;
  }
}

function nodes(options: RedisOptions) {
  return options.nodes.map(parseRedisNode).flatMap((node) => (node.ok ? [node.value] : []));
}

function connectionOptions(options: RedisOptions, { password, tls }: RedisSecrets) {
  const { username, connect_timeout: connectTimeout } = options;
  const { ca, cert, key } = tls ?? {};
  const serverName = options.tls?.server_name;
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    socket: {
      connectTimeout,
      socketTimeout: silence.socketTimeout,
      reconnectStrategy: (retries: number) => Math.min(25 * 2 ** retries, longestPause) + Math.random() * 25,
      ...(tls !== undefined && {
        tls: true as const,
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(serverName !== undefined && { servername: serverName }),
      }),
    },
    pingInterval: silence.pingInterval,
    // A check waits for no reconnection: it is told at once that Redis is away.
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled' as const,
  };
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { findTool } from '../../scripts/tools/find-tool.js';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';
import { startChild, temporaryFolder } from './process.js';
import { type RedisServer, startRedis } from './redis-server.js';

export interface WatchedRedis {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** Addresses of the Sentinels. */
  readonly sentinels: readonly string[];
  /** The port of whom the Sentinels hold for the primary. */
  primaryPort(): Promise<number>;
  stop(): Promise<void>;
}

/** Real processes: a primary with a replica, and three Sentinels that know them as `name` and fail over within seconds. */
export async function startWatchedRedis(name: string): Promise<WatchedRedis> {
  const primary = await startRedis('--repl-diskless-sync-delay', '0');
  const replica = await startRedis('--replicaof', '127.0.0.1', String(primary.port));
  await eventually(() => expectLinked(replica), { within: 20_000 });
  const sentinels = await Promise.all(Array.from({ length: 3 }, () => startSentinel(name, primary.port)));
  const [first] = sentinels;
  if (first === undefined) throw new Error('no Sentinel');
  // Each knows the other two and the replica; without them nobody would be elected.
  await eventually(() => Promise.all(sentinels.map((sentinel) => expectComplete(sentinel, name))), { within: 20_000 });
  return {
    primary,
    replica,
    sentinels: sentinels.map(({ address }) => address),
    primaryPort: async () => {
      const place = await first.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
      return Number((place as string[])[1]);
    },
    stop: async () => {
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
      await Promise.all([replica.stop(), primary.stop()]);
    },
  };
}

interface Sentinel {
  readonly address: string;
  command(...words: string[]): Promise<unknown>;
  stop(): Promise<void>;
}

async function startSentinel(name: string, primary: number): Promise<Sentinel> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const file = join(folder.path, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder.path}`,
    `sentinel monitor ${name} 127.0.0.1 ${primary} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ];
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const program = await findTool('redis-server');
  const child = startChild({ name: 'sentinel', program, args: [file, '--sentinel'] });
  return {
    address: `127.0.0.1:${port}`,
    command: (...words) => commandAt(port, words),
    stop: async () => {
      await child.stop();
      await folder.remove();
    },
  };
}

async function commandAt(port: number, words: string[]): Promise<unknown> {
  const client = createClient({
    socket: { host: '127.0.0.1', port, reconnectStrategy: false },
    disableClientInfo: true,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand(words);
  } finally {
    client.destroy();
  }
}

async function expectLinked(replica: RedisServer): Promise<void> {
  const info = String(await replica.command('INFO', 'replication'));
  if (!info.includes('master_link_status:up')) throw new Error(info);
}

async function expectComplete(sentinel: Sentinel, name: string): Promise<void> {
  const info = String(await sentinel.command('INFO', 'sentinel'));
  if (!info.includes(`name=${name},status=ok`) || !info.includes('slaves=1,sentinels=3')) throw new Error(info);
}

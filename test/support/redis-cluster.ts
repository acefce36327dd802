import { eventually } from './eventually.js';
import { type RedisServer, startRedis } from './redis-server.js';

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** The slot of a key. */
  slotOf(key: string): Promise<number>;
  /** Who had it at the start. */
  ownerOf(slot: number): RedisServer;
  /** The first step of a move: the target takes what `moveKey` brings, the source says ASK for what it has not. */
  beginMove(slot: number, from: RedisServer, to: RedisServer): Promise<void>;
  moveKey(key: string, from: RedisServer, to: RedisServer): Promise<void>;
  /** The last step: from now on the source says MOVED. */
  endMove(slot: number, to: RedisServer): Promise<void>;
  stop(): Promise<void>;
}

const slots = 16_384;

/** Real processes: three primaries that share the slots, without replicas. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const flags = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const nodes = await Promise.all(Array.from({ length: 3 }, () => startNode(flags)));
  const share = Math.ceil(slots / nodes.length);
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'ADDSLOTS', ...range(index * share, share))));
  const [first] = nodes;
  for (const node of nodes.slice(1)) await node.command('CLUSTER', 'MEET', '127.0.0.1', String(first?.port));
  await eventually(() => Promise.all(nodes.map(expectWhole)), { within: 20_000 });
  const idOf = async (node: RedisServer) => String(await node.command('CLUSTER', 'MYID'));
  const any = () => nodes.find(({ child }) => child.isRunning()) ?? nodes[0];
  return {
    nodes,
    slotOf: async (key) => Number(await any()?.command('CLUSTER', 'KEYSLOT', key)),
    ownerOf: (slot) => {
      const owner = nodes[Math.floor(slot / share)];
      if (owner === undefined) throw new Error(`no node has slot ${slot}`);
      return owner;
    },
    beginMove: async (slot, from, to) => {
      await to.command('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await idOf(from));
      await from.command('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await idOf(to));
    },
    moveKey: async (key, from, to) => {
      await from.command('MIGRATE', '127.0.0.1', String(to.port), key, '0', '5000');
    },
    endMove: async (slot, to) => {
      const id = await idOf(to);
      for (const node of nodes) await node.command('CLUSTER', 'SETSLOT', String(slot), 'NODE', id);
    },
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

/** Nodes talk at the port plus 10000, where the system may have put a connection of someone else: then at another. */
async function startNode(flags: readonly string[], attempts = 5): Promise<RedisServer> {
  try {
    return await startRedis(...flags);
  } catch (error) {
    if (attempts === 1) throw error;
    return startNode(flags, attempts - 1);
  }
}

function range(start: number, length: number): string[] {
  return Array.from({ length: Math.min(length, slots - start) }, (_, index) => String(start + index));
}

async function expectWhole(node: RedisServer): Promise<void> {
  const info = String(await node.command('CLUSTER', 'INFO'));
  if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3')) throw new Error(info);
}

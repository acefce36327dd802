import { join } from 'node:path';
import { createClient } from '@redis/client';
import { findTool } from '../../scripts/tools/find-tool.js';
import { freePort } from './ports.js';
import { type Child, startChild, temporaryFolder, waitUntilReady } from './process.js';

export interface RedisServer {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Path of its Unix socket. */
  readonly socket: string;
  readonly child: Child;
  /** One command, over a connection of its own. */
  command(...args: string[]): Promise<unknown>;
  /** Commands in one transaction. */
  transaction(...commands: string[][]): Promise<unknown>;
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it at the same address, empty. */
  restart(): Promise<void>;
}

/** Starts a real Redis on a free port of 127.0.0.1 and on a Unix socket, and waits until it answers. */
export async function startRedis(...args: string[]): Promise<RedisServer> {
  const program = await findTool('redis-server');
  const folder = await temporaryFolder();
  const port = await freePort();
  const socket = join(folder.path, 'redis.sock');
  const listen = ['--bind', '127.0.0.1', '--port', String(port), '--unixsocket', socket, '--dir', folder.path];
  const start = async () => {
    const child = startChild({
      name: 'redis',
      program,
      args: [...listen, '--save', '', '--appendonly', 'no', ...args],
    });
    await waitUntilReady(child, () => command('PING').then(Boolean, () => false));
    return child;
  };
  // The socket serves tests also when a test protects the port by a password: the default user may do all there.
  const connected = async <Value>(use: (client: ReturnType<typeof createClient>) => Promise<Value>): Promise<Value> => {
    const client = createClient({
      socket: { path: socket, tls: false, reconnectStrategy: false },
      disableClientInfo: true,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return await use(client as unknown as ReturnType<typeof createClient>);
    } finally {
      client.destroy();
    }
  };
  const command = (...words: string[]) => connected((client) => client.sendCommand(words));
  let child = await start();
  return {
    port,
    address: `127.0.0.1:${port}`,
    socket,
    get child() {
      return child;
    },
    command,
    transaction: (...commands) =>
      connected(async (client) => {
        const transaction = client.multi();
        for (const words of commands) transaction.addCommand(words);
        return transaction.exec();
      }),
    stop: async () => {
      await child.stop();
      await folder.remove();
    },
    kill: async () => void (await child.kill()),
    restart: async () => {
      await child.kill();
      child = await start();
    },
  };
}

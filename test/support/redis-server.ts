import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { findTool } from '../../scripts/tools/find-tool.js';
import { runCommand } from '../../scripts/tools/run-command.js';
import type { Credential } from './certificates.js';
import { freePort } from './ports.js';
import { type Child, startChild, temporaryFolder, waitUntilReady } from './process.js';
import { startTlsFront } from './tls-front.js';

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

export interface RedisTls {
  readonly server: Credential;
  /** PEM of the authority whose certificates clients must show. */
  readonly clientCa: string;
}

/**
 * A Redis that is reached by TLS alone, beside its Unix socket, and asks for certificates. A program that was built
 * without TLS, as the one in the Python package is, stands behind a front that speaks it.
 */
export async function startTlsRedis(tls: RedisTls, ...args: string[]): Promise<RedisServer> {
  if (!(await speaksTls(await findTool('redis-server')))) return startBehindFront(tls, args);
  const folder = await temporaryFolder();
  const file = (name: string) => join(folder.path, name);
  await writeFile(file('tls.crt'), tls.server.cert);
  await writeFile(file('tls.key'), tls.server.key);
  await writeFile(file('ca.crt'), tls.clientCa);
  const port = await freePort();
  const listen = ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'yes'];
  const own = ['--tls-cert-file', file('tls.crt'), '--tls-key-file', file('tls.key')];
  const server = await startRedis(...listen, ...own, '--tls-ca-cert-file', file('ca.crt'), ...args);
  const stop = async () => {
    await server.stop();
    await folder.remove();
  };
  return { ...server, port, address: `127.0.0.1:${port}`, stop };
}

async function startBehindFront(tls: RedisTls, args: readonly string[]): Promise<RedisServer> {
  const server = await startRedis(...args);
  const front = await startTlsFront(tls, server.port);
  const stop = async () => {
    await front.stop();
    await server.stop();
  };
  return { ...server, port: front.port, address: `127.0.0.1:${front.port}`, stop };
}

/** Without it the directive is unknown. With it the program ends as well, for it is told to listen nowhere. */
async function speaksTls(program: string): Promise<boolean> {
  const { stdout, stderr } = await runCommand(program, ['--port', '0', '--tls-port', '0']);
  return !`${stdout}${stderr}`.includes('Bad directive');
}

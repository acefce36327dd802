import { request } from 'node:http';
import { findTool } from '../../scripts/tools/find-tool.js';
import { freePort } from './ports.js';
import { type Child, startChild, waitUntilReady } from './process.js';

export interface OpaOptions {
  /** Path of a bundle, `.tar.gz` or folder. Built for `rego`: released binaries refuse one that holds WebAssembly. */
  readonly bundle?: string;
  /** Paths of Rego and data files. */
  readonly files?: readonly string[];
  /** Listen on this Unix socket instead of a free port of 127.0.0.1. */
  readonly socket?: string;
  /** Further arguments of `opa run`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface OpaServer {
  /** `http://127.0.0.1:port` or `unix:///path`. */
  readonly url: string;
  /** What it has written to its standard error, line by line: its log, and its decision log on the console. */
  output(): readonly string[];
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it at the same address (ends it before, if need be) and waits until it is ready. */
  restart(): Promise<void>;
}

/** Starts a real OPA and waits until it has activated its bundle. */
export async function startOpa(options: OpaOptions): Promise<OpaServer> {
  const { args = [], bundle, env = {}, files = [], socket } = options;
  const port = socket === undefined ? await freePort() : undefined;
  const url = socket === undefined ? `http://127.0.0.1:${port}` : `unix://${socket}`;
  const address = socket === undefined ? `127.0.0.1:${port}` : url;
  const program = await findTool('opa');
  const flags = ['--server', '--skip-version-check', '--log-level', 'error', '--shutdown-grace-period', '1'];
  const policy = [...(bundle === undefined ? [] : ['--bundle', bundle]), ...files];
  const start = async (): Promise<Child> => {
    const child = startChild({
      name: 'opa',
      program,
      args: ['run', ...flags, '--addr', address, ...args, ...policy],
      env,
    });
    await waitUntilReady(child, () => isReady(socket, port)).catch(async (error: unknown) => {
      await child.kill();
      throw error;
    });
    return child;
  };
  let child = await start();
  return {
    url,
    output: () => child.stderr,
    stop: async () => void (await child.stop()),
    kill: async () => void (await child.kill()),
    restart: async () => {
      await child.stop();
      child = await start();
    },
  };
}

function isReady(socketPath: string | undefined, port: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const place = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
    const attempt = request({ ...place, path: '/health?bundles', timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    attempt.on('timeout', () => attempt.destroy());
    attempt.on('error', () => resolve(false));
    attempt.end();
  });
}

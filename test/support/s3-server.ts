import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { findTool } from '../../scripts/tools/find-tool.js';
import { freePort } from './ports.js';
import { type Child, startChild, temporaryFolder, waitUntilReady } from './process.js';

export interface S3Server {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** What a client needs in its environment to be let in. */
  readonly env: Readonly<Record<string, string>>;
  /** The store in the one bucket that is there. */
  store(prefix?: string): string;
  stop(): Promise<void>;
  /** Starts it at the same address, with what it held. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

const bucket = 'my-s3-policies-bucket';

/** Starts a real S3 server with one bucket. */
export async function startS3(): Promise<S3Server> {
  const folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  // Object metadata beside the data: not every file system has extended attributes.
  const sidecar = join(folder.path, 'sidecar');
  for (const made of [join(data, bucket), join(sidecar, bucket)]) await mkdir(made, { recursive: true });
  const port = await freePort();
  const program = await findTool('versitygw');
  const env = { AWS_ACCESS_KEY_ID: 'portcullis-test', AWS_SECRET_ACCESS_KEY: 'not-a-secret-0123456789' };
  const start = async (): Promise<Child> => {
    const child = startChild({
      name: 'versitygw',
      program,
      args: ['--quiet', '--port', `127.0.0.1:${port}`, 'posix', '--sidecar', sidecar, data],
      env: { ROOT_ACCESS_KEY: env.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: env.AWS_SECRET_ACCESS_KEY },
    });
    await waitUntilReady(child, () => answers(port)).catch(async (error: unknown) => {
      await child.kill();
      throw error;
    });
    return child;
  };
  let child = await start();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    env,
    store: (prefix = '') => `s3://${bucket}/${prefix}?endpoint=${endpoint}`,
    stop: async () => void (await child.stop()),
    restart: async () => {
      await child.stop();
      child = await start();
    },
    remove: async () => {
      await child.stop();
      await folder.remove();
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = request({ host: '127.0.0.1', port, path: '/', timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    attempt.on('timeout', () => attempt.destroy());
    attempt.on('error', () => resolve(false));
    attempt.end();
  });
}

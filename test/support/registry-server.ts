import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../../scripts/tools/find-tool.js';
import { freePort } from './ports.js';
import { answers200, startChild, temporaryFolder, waitUntilReady } from './process.js';

export interface RegistryServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a real OCI registry without TLS. */
export async function startRegistry(): Promise<RegistryServer> {
  const folder = await temporaryFolder();
  const address = `127.0.0.1:${await freePort()}`;
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder.path, 'data') } },
    http: { addr: address, secret: 'not-a-secret' },
  };
  const file = join(folder.path, 'registry.yml');
  await writeFile(file, JSON.stringify(config));
  const child = startChild({ name: 'registry', program: await findTool('registry'), args: ['serve', file] });
  const stop = async () => {
    await child.stop();
    await folder.remove();
  };
  await waitUntilReady(child, () => answers200(`http://${address}/v2/`)).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { address, stop };
}

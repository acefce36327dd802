import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findTool } from '../../../../scripts/tools/find-tool.js';
import { type ConfigFile, runPortcullis } from '../../../support/portcullis-server.js';
import { answers200, type Child, startChild, temporaryFolder, waitUntilReady } from '../../../support/process.js';

export interface Sidecar {
  readonly child: Child;
  readonly url: string;
  stop(): Promise<void>;
}

export interface SidecarOptions {
  /** The configuration of the Portcullis beside it; `engine.opa.url` says where it listens. */
  readonly config: ConfigFile;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly until?: 'ready' | 'started';
}

/** Has `portcullis opa-config` write OPA's configuration, and starts a real OPA by the line that it prints. */
export async function startSidecar({ config, env, until = 'ready', url }: SidecarOptions): Promise<Sidecar> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'portcullis.yaml');
  await writeFile(file, stringify(config));
  const output = join(folder.path, 'opa');
  const written = await runPortcullis(['opa-config', '--config', file, '--output', output], env);
  if (written.code !== 0) throw new Error(written.stderr);
  const [, ...args] = written.stdout.trim().split(' ');
  const program = await findTool('opa');
  const child = startChild({ name: 'opa', program, args: [...args, '--skip-version-check'], env, cwd: folder.path });
  const stop = async () => {
    await child.stop();
    await folder.remove();
  };
  if (until === 'ready') {
    await waitUntilReady(child, () => answers200(`${url}/health?bundles`)).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  }
  return { child, url, stop };
}

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** A gateway that comes as a package of the system. */
export type PackagedGateway = 'nginx' | 'haproxy';

/** How to start it: the program with the arguments that come before its own. */
export interface GatewayProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** Takes away what outlives the program. */
  readonly remove?: () => Promise<unknown>;
}

const images: Readonly<Record<PackagedGateway, string>> = {
  nginx: 'nginx:1.22-bookworm',
  haproxy: 'haproxy:2.6-bookworm',
};

/** Packages put daemons where a user's PATH does not look. */
const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];

/**
 * From the PATH, else out of a Docker image, on the host's network and with `folder` in its place.
 *
 * @throws Error that says what to install
 */
export async function findGateway(name: PackagedGateway, folder: string): Promise<GatewayProgram> {
  for (const path of folders.filter((each) => each !== '').map((each) => join(each, name))) {
    if (await isExecutable(path)) return { program: path, args: [] };
  }
  const image = images[name];
  const found = await promisify(execFile)('docker', ['create', '--rm', image]).catch(() => undefined);
  if (found === undefined) {
    throw new Error(`There is no ${name}: install the package ${name}, or Docker for the image ${image}.`);
  }
  await promisify(execFile)('docker', ['rm', '--force', found.stdout.trim().split('\n').at(-1) ?? '']);
  const container = basename(folder);
  const run = ['run', '--rm', '--name', container, '--network', 'host', '--user', String(process.getuid?.() ?? 0)];
  const args = [...run, '--volume', `${folder}:${folder}`, '--entrypoint', name, image];
  // As the first process of its container, a gateway may not heed the signal that ends it elsewhere.
  return { program: 'docker', args, remove: () => promisify(execFile)('docker', ['rm', '--force', container]) };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Parser } from 'tar';
import { docker } from './docker.js';

export interface ImageFile {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  /** SHA-256 of the content, or where a link leads. */
  readonly content: string;
}

/** Every file of an image by its path, without times. */
export async function imageFiles(image: string): Promise<ReadonlyMap<string, ImageFile>> {
  const container = await docker(['create', '--network', 'none', image]);
  try {
    return await exported(container);
  } finally {
    await docker(['rm', container]);
  }
}

async function exported(container: string): Promise<ReadonlyMap<string, ImageFile>> {
  const files = new Map<string, ImageFile>();
  const parser = new Parser({
    onReadEntry: (entry) => {
      const hash = createHash('sha256');
      entry.on('data', (chunk: Buffer) => hash.update(chunk));
      entry.on('end', () =>
        files.set(`/${entry.path}`, {
          type: entry.type,
          mode: (entry.mode ?? 0).toString(8),
          owner: `${entry.uid}:${entry.gid}`,
          content: entry.linkpath || hash.digest('hex'),
        }),
      );
    },
  });
  const program = spawn('docker', ['export', container], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    parser.on('end', () => resolve());
    parser.on('error', reject);
    program.on('error', reject);
    program.stdout.pipe(parser);
  });
  return files;
}

/** The paths at which two images differ. */
export function differingPaths(one: ReadonlyMap<string, ImageFile>, other: ReadonlyMap<string, ImageFile>): string[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.filter((path) => JSON.stringify(one.get(path)) !== JSON.stringify(other.get(path)));
}

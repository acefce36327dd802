import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Where the benchmark keeps what it builds; nothing of it is committed. */
export const workshop = join(repository, '.tools', 'bench');

/** A folder below the workshop, made if need be. */
export async function workshopFolder(...names: string[]): Promise<string> {
  const folder = join(workshop, ...names);
  await mkdir(folder, { recursive: true });
  return folder;
}

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBounded } from '../bundle/read-folder.js';

/** The last bundle that was activated, on disk, to start without the server. */
export class KeptBundle {
  readonly #folder: string;
  readonly #file: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#file = join(folder, `${name}.tar.gz`);
  }

  /** `undefined` if there is none, or none that is small enough. */
  async read(maxBytes: number): Promise<Buffer | undefined> {
    return readBounded(this.#file, maxBytes, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  }

  /** Whoever reads the file meanwhile, also after a crash, sees the old one or the new one. */
  async write(content: Buffer): Promise<void> {
    const beside = `${this.#file}.${randomUUID()}.new`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(beside, content, { flag: 'wx', mode: 0o600, flush: true });
      await rename(beside, this.#file);
    } finally {
      await rm(beside, { force: true });
    }
  }
}

import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBounded } from '../bundle/read-folder.js';

/** The last bundle of a source that served, on disk, to start without the server. */
export class KeptBundle {
  readonly #folder: string;
  readonly #name: string;
  readonly #file: string;

  /**
   * @param name what the source is called
   * @param place where it gets its bundle from: what was kept of another place is not begun with, whatever its name
   */
  constructor(folder: string, name: string, place: readonly (string | undefined)[]) {
    const hash = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 16);
    this.#folder = folder;
    this.#name = name;
    this.#file = `${name}.${hash}.tar.gz`;
  }

  /** `undefined` if there is none, or none that is small enough. */
  async read(maxBytes: number): Promise<Buffer | undefined> {
    const path = join(this.#folder, this.#file);
    return readBounded(path, maxBytes, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  }

  /** Whoever reads the file meanwhile, also after a crash, sees the old one or the new one. */
  async write(content: Buffer): Promise<void> {
    const path = join(this.#folder, this.#file);
    const beside = `${path}.${randomUUID()}.new`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(beside, content, { flag: 'wx', mode: 0o600, flush: true });
      await rename(beside, path);
    } finally {
      await rm(beside, { force: true });
    }
    await this.#removeOthers();
  }

  /** What cannot be removed is left where it is: nobody begins with it. */
  async remove(): Promise<void> {
    await rm(join(this.#folder, this.#file), { force: true }).catch(() => undefined);
  }

  /** What came from other places under this name: one revision after the other would fill the disk. */
  async #removeOthers(): Promise<void> {
    const ofThisName = (file: string) =>
      file.startsWith(`${this.#name}.`) && /^[^.]+\.[0-9a-f]{16}\.tar\.gz$/.test(file);
    const others = (await readdir(this.#folder)).filter((file) => ofThisName(file) && file !== this.#file);
    await Promise.all(others.map((file) => rm(join(this.#folder, file), { force: true })));
  }
}

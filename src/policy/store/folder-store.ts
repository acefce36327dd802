import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fail, ok, type Result } from '../../errors/result.js';
import { readBounded } from '../bundle/read-folder.js';
import type { BundleStore, ReadAnswer, ReadRequest } from './bundle-store.js';

/** Bundles in a folder, which may be mounted from elsewhere. The version of an object is the hash of its bytes. */
export function createFolderStore(folder: string): BundleStore {
  return new FolderStore(resolve(folder));
}

class FolderStore implements BundleStore {
  readonly place: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.place = folder;
    this.#folder = folder;
  }

  async read(name: string, { known, maxBytes }: ReadRequest): Promise<Result<ReadAnswer>> {
    try {
      const content = await readBounded(this.#path(name), maxBytes);
      if (content === undefined) return fail(`${name} is larger than ${maxBytes} bytes`);
      const version = versionOf(content);
      return ok(version === known ? { kind: 'unchanged' } : { kind: 'found', content, version });
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? ok({ kind: 'absent' }) : this.#failed('cannot be read', name, error);
    }
  }

  /** A link to a finished file: readers see all of it or nothing, and of two writers one finds the name taken. */
  async create(name: string, content: Buffer): Promise<Result<'created' | 'exists'>> {
    const path = this.#path(name);
    const beside = `${path}.${randomUUID()}.new`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(beside, content, { flag: 'wx' });
      await link(beside, path);
      return ok('created');
    } catch (error) {
      return codeOf(error) === 'EEXIST' ? ok('exists') : this.#failed('cannot be written', name, error);
    } finally {
      await rm(beside, { force: true });
    }
  }

  async replace(name: string, content: Buffer, version: string | undefined): Promise<Result<'replaced' | 'changed'>> {
    if (version === undefined) {
      const created = await this.create(name, content);
      return created.ok ? ok(created.value === 'created' ? 'replaced' : 'changed') : created;
    }
    const path = this.#path(name);
    const lock = `${path}.lock`;
    try {
      await (await open(lock, 'wx')).close();
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return this.#failed('cannot be written', name, error);
      return fail(`${lock} is there: another process writes ${name}; remove the lock if none does`);
    }
    try {
      const current = await this.read(name, { maxBytes: Number.MAX_SAFE_INTEGER, known: version });
      if (!current.ok) return current;
      if (current.value.kind !== 'unchanged') return ok('changed');
      const beside = `${path}.${randomUUID()}.new`;
      await writeFile(beside, content, { flag: 'wx' });
      await rename(beside, path);
      return ok('replaced');
    } catch (error) {
      return this.#failed('cannot be written', name, error);
    } finally {
      await rm(lock, { force: true });
    }
  }

  async list(prefix: string): Promise<Result<readonly string[]>> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    try {
      const names = await readdir(join(this.#folder, folder));
      return ok(names.map((name) => `${folder}${name}`).filter((name) => name.startsWith(prefix)));
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? ok([]) : this.#failed('cannot be listed', folder, error);
    }
  }

  close(): void {
    // Nothing is kept open.
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #failed(what: string, name: string, error: unknown): Result<never> {
    return fail(`${name} ${what} in ${this.place}: ${codeOf(error) ?? String(error)}`);
  }
}

export function versionOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

import { readFile, stat } from 'node:fs/promises';
import { fail, ok, type Result } from '../../errors/result.js';

/** What a file was when it was read. The kubelet renews a token by putting another file in its place. */
interface Seen {
  readonly identity: string;
  readonly token: string;
}

/** The token of a service account, read again when its file changes. It is handed to requests and to nothing else. */
export class TokenFile {
  readonly #file: string;
  #seen: Seen | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async current(): Promise<Result<string>> {
    try {
      const { ino, mtimeMs, size } = await stat(this.#file);
      const identity = `${ino} ${mtimeMs} ${size}`;
      if (this.#seen?.identity === identity) return ok(this.#seen.token);
      const token = (await readFile(this.#file, 'utf8')).trim();
      if (!isHeaderSafe(token)) return fail(`${this.#file} holds no token`);
      this.#seen = { identity, token };
      return ok(token);
    } catch (error) {
      return fail(`${this.#file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
    }
  }
}

/** `b64token` of RFC 6750: nothing that could end the header. */
function isHeaderSafe(token: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(token);
}

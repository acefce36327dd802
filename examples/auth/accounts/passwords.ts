import { randomBytes } from 'node:crypto';
import { type Algorithm, hash, verify } from '@node-rs/argon2';
import type { Config } from '../config/schema.js';
import { BoundedWork } from './bounded-work.js';

/** Longer ones are refused: the work for a password grows with its length. */
export const longestPassword = 1024;

/** Hashes and checks passwords with Argon2id, which has no limit of 72 bytes as bcrypt has. */
export class Passwords {
  readonly #options;
  readonly #work: BoundedWork;
  readonly #nobody: Promise<string>;

  constructor(settings: Config['password']) {
    const memoryCost = Math.floor(settings.memory / 1024);
    this.#options = {
      // A const enum of the package, which TypeScript cannot read file by file: 2 is Argon2id.
      algorithm: 2 as Algorithm,
      memoryCost,
      timeCost: settings.passes,
      parallelism: settings.lanes,
    };
    this.#work = new BoundedWork(settings.at_once, settings.waiting);
    this.#nobody = hash(randomBytes(32), this.#options);
    this.#nobody.catch(() => {});
  }

  /** @throws TooMuchWork */
  hash(password: string): Promise<string> {
    return this.#work.run(() => hash(normal(password), this.#options));
  }

  /**
   * Whether the password is that of the hash. Without a hash, because there is no such account, it does the same work
   * and says no, so that the time of the answer does not tell which addresses have an account.
   * @throws TooMuchWork
   */
  async matches(password: string, kept: string | undefined): Promise<boolean> {
    const compared = kept ?? (await this.#nobody);
    const same = await this.#work.run(() => verify(compared, normal(password)));
    return same && kept !== undefined;
  }

  /** Whether the hash was made with other parameters than those that are configured now. */
  isOutdated(kept: string): boolean {
    const { memoryCost, timeCost, parallelism } = this.#options;
    return !kept.startsWith(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`);
  }
}

/** Keyboards write the same letters in different ways (NIST SP 800-63B, 3.1.1.2). */
function normal(password: string): string {
  return password.normalize('NFKC');
}

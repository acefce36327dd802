import { createHmac } from 'node:crypto';
import type { SessionKey } from './key-file.js';
import { redisKeyOf } from './token.js';

/** The keys in force. The first writes, all read. */
export class KeyRing {
  #keys: readonly [SessionKey, ...SessionKey[]];

  constructor(keys: readonly SessionKey[]) {
    this.#keys = atLeastOne(keys);
  }

  /** Takes over another set of keys; sessions of keys that are not in it are not found any more. */
  replace(keys: readonly SessionKey[]): void {
    this.#keys = atLeastOne(keys);
  }

  /** The name of the Redis key under which a session of the token is written. */
  nameOf(token: string): string {
    return redisKeyOf(token, this.#keys[0]);
  }

  /** The names under which a session of the token may have been written. */
  namesOf(token: string): string[] {
    return this.#keys.map((key) => redisKeyOf(token, key));
  }

  /**
   * What stands for an e-mail address in counters and in the audit log: the same for the same address, and nothing to
   * read. It may be a password that was typed into the wrong field.
   */
  aliasOf(email: string): string {
    return createHmac('sha256', this.#keys[0].secret).update('email\0').update(email).digest('hex').slice(0, 32);
  }
}

function atLeastOne(keys: readonly SessionKey[]): readonly [SessionKey, ...SessionKey[]] {
  const [first, ...rest] = keys;
  if (first === undefined) throw new Error('a key ring needs a key');
  return [first, ...rest];
}

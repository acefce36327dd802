import type { Config } from '../config/schema.js';
import type { Redis } from '../sessions/redis.js';
import { addressGroup } from './address-group.js';

/** Undefined: go on. Otherwise seconds until it may be tried again. */
export type Wait = number | undefined;

const hour = 3_600_000;

/**
 * Counts attempts in Redis, so that all instances count together. An attempt is counted before it is made: counted
 * afterwards, a hundred guesses sent at once would all find the counter at zero. Each method throws `StoreUnavailable`.
 */
export class Attempts {
  readonly #redis: Redis;
  readonly #limits: Config['limits'];

  constructor(redis: Redis, limits: Config['limits']) {
    this.#redis = redis;
    this.#limits = limits;
  }

  ofAddress(address: string): Promise<Wait> {
    const { address_attempts: most, address_window: window } = this.#limits;
    return this.#count(`address:${addressGroup(address)}`, most, window);
  }

  registrationOf(address: string): Promise<Wait> {
    return this.#count(`registration:${addressGroup(address)}`, this.#limits.registrations, hour);
  }

  /** Addresses without an account are counted as those with one, so that a lock does not tell which they are. */
  ofAccount(account: string): Promise<Wait> {
    const { account_attempts: most, account_window: window } = this.#limits;
    return this.#count(`account:${account}`, most, window);
  }

  /** After a login: what was tried before does not count any more. */
  async forgive(account: string): Promise<void> {
    await this.#redis.run((client) => client.del(counter(`account:${account}`)));
  }

  async #count(what: string, most: number, window: number): Promise<Wait> {
    const name = counter(what);
    // NX: the window begins with the first attempt and is not prolonged by further ones.
    const steps = await this.#redis.run((client) =>
      client
        .multi()
        .set(name, 0, { expiration: { type: 'PX', value: window }, condition: 'NX' })
        .incr(name)
        .pTTL(name)
        .exec(),
    );
    const [, made, left] = steps as unknown as [unknown, number, number];
    return made > most ? Math.max(1, Math.ceil(left / 1000)) : undefined;
  }
}

function counter(what: string): string {
  return `auth:attempts:${what}`;
}

import { createBreaker } from '../breaker.js';
import { LookUpCache, type LookUpCacheOptions } from '../look-up-cache.js';
import { TooLate, within } from '../within.js';
import type { RedisLink } from './redis-link.js';

/** A hash in Redis. */
export type RedisHash = Readonly<Record<string, string>>;

export type LookUp =
  | { readonly kind: 'found'; readonly fields: RedisHash }
  | { readonly kind: 'missing' }
  /** Redis cannot be asked, or did not answer in time. */
  | { readonly kind: 'unavailable'; readonly cause: unknown };

export interface RedisStoreOptions {
  /** Milliseconds that a look-up may take. */
  readonly timeout: number;
  readonly breaker: { readonly failures: number; readonly pause: number };
  readonly cache: LookUpCacheOptions;
}

/** Looks hashes up in Redis. Never throws, never rejects; answers at once out of its cache. */
export interface RedisStore {
  /**
   * The hash under the first of these names that has one.
   *
   * @param deadline on the clock of `performance.now()`
   */
  find(names: readonly string[], deadline: number): LookUp | Promise<LookUp>;
  close(): Promise<void>;
}

const paused = new Error('Redis has failed several times in a row and is not asked for a moment');

export function createRedisStore(
  options: RedisStoreOptions,
  connect: (revoked: (name: string) => void, missedRevocations: () => void) => RedisLink,
): RedisStore {
  const cache = new LookUpCache<RedisHash>(options.cache);
  const breaker = createBreaker(options.breaker);
  const link = connect(
    (name) => cache.forget(name),
    () => cache.forgetAll(),
  );

  const ask = async (names: readonly string[], deadline: number): Promise<LookUp> => {
    const era = cache.era();
    try {
      const left = Math.min(options.timeout, deadline - performance.now());
      const hashes = await within(left, link.hashes(names));
      breaker.succeeded();
      const index = hashes.findIndex((hash) => Object.keys(hash).length > 0);
      const [name, fields] = [names[index], hashes[index]];
      if (name === undefined || fields === undefined) return { kind: 'missing' };
      cache.set(name, fields, era);
      return { kind: 'found', fields };
    } catch (cause) {
      // A check that came with hardly any time left says nothing about Redis.
      if (!(cause instanceof TooLate) || deadline - performance.now() > 0) breaker.failed();
      return { kind: 'unavailable', cause };
    }
  };

  return {
    find(names, deadline) {
      for (const name of names) {
        const fields = cache.get(name);
        if (fields !== undefined) return { kind: 'found', fields };
      }
      return breaker.admits() ? ask(names, deadline) : { kind: 'unavailable', cause: paused };
    },
    close: () => link.close(),
  };
}

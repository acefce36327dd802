import { expect, test } from 'vitest';
import { createBreaker } from '../../../src/identity/breaker.js';
import { LookUpCache } from '../../../src/identity/look-up-cache.js';

let now = 0;
const clock = () => now;

test('what was found is kept until its time has passed', () => {
  const cache = new LookUpCache<string>({ ttl: 100, max_entries: 10 }, clock);
  cache.set('a', 'alice', cache.era());
  now += 99;
  expect(cache.get('a')).toBe('alice');
  now += 1;
  expect(cache.get('a')).toBeUndefined();
});

test('D-26 what was asked for before a revocation is not kept after it', () => {
  const cache = new LookUpCache<string>({ ttl: 100, max_entries: 10 }, clock);
  const before = cache.era();
  cache.forget('a');
  cache.set('a', 'alice', before);
  expect(cache.get('a')).toBeUndefined();
  cache.set('a', 'alice', cache.era());
  cache.forgetAll();
  expect(cache.get('a')).toBeUndefined();
});

test('the oldest goes when it is full', () => {
  const cache = new LookUpCache<string>({ ttl: 100, max_entries: 2 }, clock);
  for (const key of ['a', 'b', 'a', 'c']) cache.set(key, key, cache.era());
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual(['a', undefined, 'c']);
});

test('a breaker opens after failures in a row, and lets one caller try after the pause', () => {
  const breaker = createBreaker({ failures: 2, pause: 100 }, clock);
  breaker.failed();
  breaker.succeeded();
  breaker.failed();
  expect(breaker.admits()).toBe(true);
  breaker.failed();
  expect(breaker.admits()).toBe(false);
  now += 100;
  expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
  breaker.failed();
  expect(breaker.admits()).toBe(false);
  now += 100;
  expect(breaker.admits()).toBe(true);
  breaker.succeeded();
  expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
});

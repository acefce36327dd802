import { describe, expect, test } from 'vitest';
import type { CacheOptions } from '../../../../src/engine/cached/cache-options.js';
import { createCachedEngine } from '../../../../src/engine/cached/cached-engine.js';
import type { Evaluation, Query } from '../../../../src/engine/engine.js';
import { failed } from '../../../../src/engine/failed.js';
import type { JsonValue } from '../../../../src/json/json.js';
import { FakeEngine, query, readSetOf, result } from './fake-engine.js';

const userReads = readSetOf(['user']);

/** A cache over a fake engine, with clocks that stand still. */
function cached(answer: (query: Query) => Evaluation, options: Partial<CacheOptions> = {}) {
  const clock = { now: 1000, wall: 5000 };
  const counts = { hit: 0, miss: 0, bypass: 0 };
  const engine = new FakeEngine(answer);
  const cache = createCachedEngine(engine, {
    maxEntries: 100,
    maxBytes: 1_000_000,
    maxAge: 5000,
    readSet: () => userReads,
    now: () => clock.now,
    wallClock: () => clock.wall,
    count: (outcome) => {
      counts[outcome] += 1;
    },
    ...options,
  });
  return { cache, clock, counts, engine };
}

const decision = (value: JsonValue) => () => result(value);

describe('a result', () => {
  test('is given again, marked, while nothing that is read differs', async () => {
    const { cache, counts, engine } = cached(decision({ allowed: true }));
    expect(await cache.evaluate(query({ user: 'a', id: 1 }))).toEqual(result({ allowed: true }));
    expect(await cache.evaluate(query({ user: 'a', id: 2 }))).toEqual({ ...result({ allowed: true }), cached: true });
    expect(await cache.evaluate(query({ user: 'b', id: 2 }))).toEqual(result({ allowed: true }));
    expect(engine.asked).toHaveLength(2);
    expect(counts).toEqual({ hit: 1, miss: 2, bypass: 0 });
  });

  test('belongs to one decision path', async () => {
    const { cache, engine } = cached(({ path }) => result(path));
    for (const path of ['p/a', 'p/b', 'p/a', 'p/b']) {
      expect(await cache.evaluate(query({ user: 'a' }, { path }))).toMatchObject({ result: path });
    }
    expect(engine.asked).toHaveLength(2);
  });

  test('is given no longer than configured', async () => {
    const { cache, clock, engine } = cached(decision(true));
    await cache.evaluate(query({ user: 'a' }));
    clock.now += 4999;
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(1);
    clock.now += 1;
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(2);
  });

  test.each<[string, JsonValue, number]>([
    ['shorter', 2, 2000],
    ['never longer', 60, 5000],
    ['not at all', 0, 0],
    ['not at all, when it makes no sense', 'long', 0],
    ['not at all, when it is negative', -1, 0],
  ])('is given %s than configured when the policy says so', async (_title, hint, age) => {
    const { cache, clock, engine } = cached(decision({ allowed: true, cache_max_age: hint }));
    await cache.evaluate(query({ user: 'a' }));
    clock.now += Math.max(0, age - 1);
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(age === 0 ? 2 : 1);
    clock.now += 1;
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(age === 0 ? 3 : 2);
  });

  test('its age begins with the evaluation, not with its end', async () => {
    const { cache, clock, engine } = cached(decision(true));
    engine.hold = true;
    const first = cache.evaluate(query({ user: 'a' }));
    clock.now += 3000;
    engine.release();
    await first;
    clock.now += 2000;
    engine.hold = false;
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(2);
  });
});

describe('the end of a credential', () => {
  const identity = (expires_at: JsonValue) => ({ user: 'a', identity: { subject: 'a', expires_at } });

  test('ends what was decided for it, although the policy does not read it', async () => {
    const { cache, clock, engine } = cached(decision(true));
    await cache.evaluate(query(identity(5002)));
    clock.wall = 5001.9;
    expect(await cache.evaluate(query(identity(5002)))).toMatchObject({ cached: true });
    clock.wall = 5002;
    await cache.evaluate(query(identity(6000)));
    expect(engine.asked).toHaveLength(2);
  });

  test('that has come keeps a check away from the cache', async () => {
    const { cache, counts, engine } = cached(decision(true));
    await cache.evaluate(query(identity(6000)));
    await cache.evaluate(query(identity(5000)));
    await cache.evaluate(query(identity('soon')));
    expect(engine.asked).toHaveLength(3);
    expect(counts).toEqual({ hit: 0, miss: 1, bypass: 2 });
  });
});

describe('never kept is', () => {
  test('an undefined decision', async () => {
    const { cache, engine } = cached(() => ({ kind: 'undefined' }));
    await cache.evaluate(query({ user: 'a' }));
    expect(await cache.evaluate(query({ user: 'a' }))).toEqual({ kind: 'undefined' });
    expect(engine.asked).toHaveLength(2);
  });

  test('a failure', async () => {
    const { cache, engine } = cached(() => failed('policy_error', 'conflict'));
    await cache.evaluate(query({ user: 'a' }));
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(2);
  });

  test.each([
    ['of which it is not known what it reads', undefined],
    ['that depends on the time', readSetOf(['user'], ['time.now_ns'])],
  ])('the result of a policy %s', async (_title, readSet) => {
    const { cache, counts, engine } = cached(decision(true), { readSet: () => readSet });
    await cache.evaluate(query({ user: 'a' }));
    expect(await cache.evaluate(query({ user: 'a' }))).toEqual(result(true));
    expect(engine.asked).toHaveLength(2);
    expect(counts).toEqual({ hit: 0, miss: 0, bypass: 2 });
  });

  test('a result larger than the whole cache', async () => {
    const { cache, engine } = cached(decision('x'.repeat(600_000)));
    await cache.evaluate(query({ user: 'a' }));
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(2);
  });
});

describe('not answered from the cache is', () => {
  test.each<[string, Partial<Query>]>([
    ['a check that its client gave up on', { signal: AbortSignal.abort() }],
    ['a check whose deadline has passed', { deadline: 1000 }],
  ])('%s', async (_title, circumstances) => {
    const { cache, engine } = cached(decision(true));
    await cache.evaluate(query({ user: 'a' }));
    await cache.evaluate(query({ user: 'a' }, circumstances));
    expect(engine.asked).toHaveLength(2);
  });

  test('anything while the engine is not ready', async () => {
    const { cache, engine } = cached(decision(true));
    await cache.evaluate(query({ user: 'a' }));
    engine.isReady = false;
    await cache.evaluate(query({ user: 'a' }));
    expect(engine.asked).toHaveLength(2);
  });
});

describe('memory', () => {
  test('the entry not asked for longest leaves first', async () => {
    const { cache, engine } = cached(decision(true), { maxEntries: 2 });
    const ask = (user: string) => cache.evaluate(query({ user }));
    for (const user of ['a', 'b', 'a', 'c']) await ask(user);
    expect(engine.asked).toHaveLength(3);
    await ask('a');
    await ask('c');
    expect(engine.asked).toHaveLength(3);
    await ask('b');
    expect(engine.asked).toHaveLength(4);
  });

  test('a new one is kept, even where all others have been asked for', async () => {
    const { cache, engine } = cached(decision(true), { maxEntries: 3 });
    const ask = (user: string) => cache.evaluate(query({ user }));
    for (const user of ['a', 'b', 'c', 'a', 'b', 'c', 'new', 'new']) await ask(user);
    expect(engine.asked).toHaveLength(4);
  });

  test('the size of results bounds their number', async () => {
    const { cache, engine } = cached(decision({ text: 'x'.repeat(10_000) }), { maxBytes: 65_000 });
    const ask = (user: string) => cache.evaluate(query({ user }));
    for (const user of ['a', 'b', 'c', 'd']) await ask(user);
    await ask('d');
    expect(engine.asked).toHaveLength(4);
    await ask('a');
    expect(engine.asked).toHaveLength(5);
  });
});

describe('several checks at once with one key', () => {
  test('share one evaluation', async () => {
    const { cache, counts, engine } = cached(decision(true));
    engine.hold = true;
    const all = Promise.all([1, 2, 3].map((id) => cache.evaluate(query({ user: 'a', id }))));
    engine.release();
    const answer = { ...result(true), cached: true };
    expect(await all).toEqual([result(true), answer, answer]);
    expect(engine.asked).toHaveLength(1);
    expect(counts).toEqual({ hit: 2, miss: 1, bypass: 0 });
  });

  test('keep their own deadlines and clients', async () => {
    const { cache, engine } = cached(decision(true), { now: () => performance.now() });
    engine.hold = true;
    const first = cache.evaluate(query({ user: 'a' }));
    const hurried = await cache.evaluate(query({ user: 'a' }, { deadline: performance.now() + 20 }));
    expect(hurried).toMatchObject({ kind: 'failed', error: { code: 'engine_timeout' } });
    const client = new AbortController();
    const left = cache.evaluate(query({ user: 'a' }, { signal: client.signal, deadline: performance.now() + 1000 }));
    client.abort();
    expect(await left).toMatchObject({ kind: 'failed', error: { code: 'cancelled' } });
    engine.release();
    expect(await first).toEqual(result(true));
    expect(engine.asked).toHaveLength(1);
  });

  test.each(['cancelled', 'engine_timeout'] as const)(
    'when the one that asked fails for a reason of its own (%s), another asks',
    async (code) => {
      const { cache, engine } = cached(() => failed(code, 'its own affair'));
      engine.hold = true;
      const first = cache.evaluate(query({ user: 'a' }));
      const others = [1, 2].map(() => cache.evaluate(query({ user: 'a' })));
      engine.answer = decision(true);
      engine.release();
      expect(await first).toMatchObject({ kind: 'failed' });
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      engine.release();
      expect((await Promise.all(others)).map(({ kind }) => kind)).toEqual(['result', 'result']);
      expect(engine.asked).toHaveLength(2);
    },
  );

  test('share a failure that is no affair of one of them', async () => {
    const { cache, engine } = cached(() => failed('policy_error', 'conflict'));
    engine.hold = true;
    const all = Promise.all([1, 2, 3].map(() => cache.evaluate(query({ user: 'a' }))));
    engine.release();
    expect((await all).map(({ kind }) => kind)).toEqual(['failed', 'failed', 'failed']);
    expect(engine.asked).toHaveLength(1);
  });

  test('do not share what may not be given twice', async () => {
    const { cache, engine } = cached(decision({ allowed: true, cache_max_age: 0 }));
    engine.hold = true;
    const all = Promise.all([1, 2, 3].map(() => cache.evaluate(query({ user: 'a' }))));
    engine.release();
    await new Promise((resolve) => setImmediate(resolve));
    engine.release();
    expect(await all).toHaveLength(3);
    expect(engine.asked).toHaveLength(3);
  });
});

describe('a policy that changes by itself', () => {
  const reads = {
    readSet: (_path: string, revision: string | undefined) =>
      revision === 'r1' || revision === 'r2' ? userReads : undefined,
  };
  const changing = { ...reads, recheckRevision: 1000 };

  test('is not cached before it is known which one answers', async () => {
    const { cache, counts } = cached(() => result(true, 'r1'), changing);
    await cache.evaluate(query({ user: 'a' }));
    expect(counts.bypass).toBe(1);
    await cache.evaluate(query({ user: 'a' }));
    expect(counts.miss).toBe(1);
    expect(await cache.evaluate(query({ user: 'a' }))).toMatchObject({ cached: true, revision: 'r1' });
  });

  test('is never cached when it does not tell its revision, or tells another than the one known', async () => {
    const { cache, counts, engine } = cached(() => result(true), changing);
    for (let round = 0; round < 3; round += 1) await cache.evaluate(query({ user: 'a' }));
    engine.answer = () => result(true, 'r3');
    for (let round = 0; round < 3; round += 1) await cache.evaluate(query({ user: 'a' }));
    expect(counts).toEqual({ hit: 0, miss: 0, bypass: 6 });
  });

  test('forgets everything once another revision answers any check', async () => {
    const { cache, engine } = cached(() => result('old', 'r1'), changing);
    for (let round = 0; round < 3; round += 1) await cache.evaluate(query({ user: 'a' }));
    engine.answer = () => result('new', 'r2');
    expect(await cache.evaluate(query({ user: 'b' }))).toEqual(result('new', 'r2'));
    expect(await cache.evaluate(query({ user: 'a' }))).toEqual(result('new', 'r2'));
  });

  test('is asked again after a while, and a result of the old one is not given any more', async () => {
    const { cache, clock, engine } = cached(() => result('old', 'r1'), changing);
    for (let round = 0; round < 3; round += 1) await cache.evaluate(query({ user: 'a' }));
    engine.answer = () => result('new', 'r2');
    clock.now += 999;
    expect(await cache.evaluate(query({ user: 'a' }))).toMatchObject({ result: 'old', cached: true });
    clock.now += 1;
    expect(await cache.evaluate(query({ user: 'a' }))).toEqual(result('new', 'r2'));
  });

  test('an answer of the old one that comes late is not kept', async () => {
    const { cache, engine } = cached(() => result('old', 'r1'), changing);
    await cache.evaluate(query({ user: 'x' }));
    engine.hold = true;
    const late = cache.evaluate(query({ user: 'a' }));
    engine.answer = () => result('new', 'r2');
    const early = cache.evaluate(query({ user: 'b' }));
    engine.release(1);
    await early;
    engine.release();
    expect(await late).toEqual(result('old', 'r1'));
    engine.hold = false;
    expect(await cache.evaluate(query({ user: 'a' }))).toEqual(result('new', 'r2'));
  });

  test('that cannot be reached is not answered for', async () => {
    const { cache, clock, engine } = cached(() => result(true, 'r1'), changing);
    for (let round = 0; round < 3; round += 1) await cache.evaluate(query({ user: 'a' }));
    engine.answer = () => failed('engine_unreachable', 'down');
    clock.now += 1000;
    expect(await cache.evaluate(query({ user: 'a' }))).toMatchObject({ kind: 'failed' });
  });
});

describe('an audit', () => {
  test('asks the policy now and then all the same, and ends the cache when it says something else', async () => {
    const disagreed: string[] = [];
    const { cache, engine } = cached(decision({ allowed: true, headers: { b: 1, a: 2 } }), {
      auditEvery: 3,
      onDisagreement: (path) => disagreed.push(path),
    });
    const ask = () => cache.evaluate(query({ user: 'a' }));
    for (let round = 0; round < 3; round += 1) await ask();
    expect(engine.asked).toHaveLength(1);
    engine.answer = decision({ headers: { a: 2, b: 1 }, allowed: true });
    await ask();
    expect(engine.asked).toHaveLength(2);
    expect(disagreed).toEqual([]);
    engine.answer = decision({ allowed: false });
    await ask();
    await ask();
    expect(await ask()).toEqual(result({ allowed: false }));
    expect(disagreed).toEqual(['p/allow']);
    await ask();
    expect(engine.asked).toHaveLength(4);
  });
});

test('a read set made anew empties the cache', async () => {
  let readSet = userReads;
  const { cache, engine } = cached(decision(true), { readSet: () => readSet });
  await cache.evaluate(query({ user: 'a' }));
  readSet = readSetOf(['user']);
  await cache.evaluate(query({ user: 'a' }));
  expect(engine.asked).toHaveLength(2);
});

test('what was being evaluated when the cache was emptied is not kept, and nobody else waits for it', async () => {
  const { cache, engine } = cached(decision('old'));
  engine.hold = true;
  const before = cache.evaluate(query({ user: 'a' }));
  const alone = cache.evaluate(query({ user: 'b' }));
  cache.clear();
  engine.answer = decision('new');
  const after = cache.evaluate(query({ user: 'a' }));
  engine.release();
  expect([await before, await alone, await after]).toEqual([result('old'), result('old'), result('new')]);
  engine.hold = false;
  expect(await cache.evaluate(query({ user: 'b' }))).toEqual(result('new'));
  expect(await cache.evaluate(query({ user: 'a' }))).toEqual({ ...result('new'), cached: true });
  expect(engine.asked).toHaveLength(4);
});

test('close empties the cache and closes the engine', async () => {
  const { cache, engine } = cached(decision(true));
  await cache.evaluate(query({ user: 'a' }));
  await cache.close();
  engine.isReady = false;
  expect(engine.closed).toBe(true);
  await cache.evaluate(query({ user: 'a' }));
  expect(engine.asked).toHaveLength(2);
});

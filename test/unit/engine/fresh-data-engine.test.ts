import { expect, test } from 'vitest';
import type { Engine, Query } from '../../../src/engine/engine.js';
import { withFreshData } from '../../../src/engine/fresh-data-engine.js';

const query = { path: 'a/b' } as Query;

function start(maxStaleness: number | undefined) {
  let observedAt: number | undefined;
  let completed = (): void => undefined;
  const inner: Engine = {
    kind: 'wasm',
    evaluate: () => ({ kind: 'result', result: true }),
    revision: () => 'r',
    ready: () => true,
    onReadyChange: () => () => undefined,
    close: async () => undefined,
  };
  const clock = { now: 1000 };
  const engine = withFreshData(inner, {
    age: {
      observedAt: () => observedAt,
      onComplete: (listener) => {
        completed = listener;
        return () => undefined;
      },
    },
    maxStaleness,
    now: () => clock.now,
  });
  const observe = (time: number) => {
    observedAt = time;
    completed();
  };
  return { clock, engine, observe };
}

const stale = { kind: 'failed', error: { code: 'data_stale' } };

test.each([500, undefined])('without data nothing is decided, and the engine is not ready: bound %s', (bound) => {
  const { engine, observe } = start(bound);
  const announced: boolean[] = [];
  engine.onReadyChange((ready) => announced.push(ready));
  expect(engine.ready()).toBe(false);
  expect(engine.evaluate(query)).toMatchObject(stale);
  observe(1000);
  expect(engine.ready()).toBe(true);
  expect(announced).toEqual([true]);
  expect(engine.evaluate(query)).toMatchObject({ kind: 'result' });
});

test('beyond the bound nothing is decided, and the engine stays ready', () => {
  const { clock, engine, observe } = start(500);
  observe(1000);
  clock.now = 1500;
  expect(engine.evaluate(query)).toMatchObject({ kind: 'result' });
  clock.now = 1501;
  expect(engine.evaluate(query)).toMatchObject(stale);
  expect(engine.ready()).toBe(true);
  observe(1501);
  expect(engine.evaluate(query)).toMatchObject({ kind: 'result' });
});

test('without a bound the policy is asked', () => {
  const { clock, engine, observe } = start(undefined);
  observe(1000);
  clock.now = 1_000_000;
  expect(engine.evaluate(query)).toMatchObject({ kind: 'result' });
});

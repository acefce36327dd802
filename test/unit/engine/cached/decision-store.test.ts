import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { DecisionStore, type Stored } from '../../../../src/engine/cached/decision-store.js';
import { projectionKey } from '../../../../src/engine/cached/projection.js';
import { readSetOf, result } from './fake-engine.js';

const reads = readSetOf(['path']).input;

function stored(): Stored {
  const evaluation = result(true);
  if (evaluation.kind !== 'result') throw new Error('no result');
  return { evaluation: { ...evaluation }, until: 1000, expiresAt: 1000, bytes: 500 };
}

function keyOf(path: string): string {
  const key = projectionKey(reads, { path }, ['p/allow', '']);
  if (key === undefined) throw new Error('no key');
  return key;
}

describe('a key that is kept', () => {
  test('does not keep the request that it was cut from', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const store = new DecisionStore(10_000, 1_000_000);
    const query = 'q'.repeat(60_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let id = 0; id < 1000; id += 1) {
      const target = Buffer.from(`/cars/a-segment-of-some-length-${id}?token=${query}`).toString('latin1');
      const key = keyOf(target.slice(0, target.indexOf('?')));
      store.get(key, 0);
      store.set(key, stored());
    }
    collect();
    expect(store.entries).toBe(1000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  });

  test.each(['a', 'é', '\u0100', '\ud83d\ude00', '\ud800', '\udc00\ud800', '\ufffd', '\0', ''])(
    'is the one that was given, and no other: %j',
    (path) => {
      const others = [
        'a',
        'e',
        'é',
        '\u0100',
        '\0',
        '\ud83d\ude00',
        '\ud800',
        '\udc00\ud800',
        '\ufffd',
        '\ufffd\ufffd',
        '',
      ];
      const store = new DecisionStore(10, 10_000);
      store.set(keyOf(path), stored());
      expect(others.filter((other) => store.get(keyOf(other), 0) !== undefined)).toEqual([path]);
      store.set(keyOf(path), stored());
      expect([store.entries, store.bytes]).toEqual([1, 500]);
    },
  );
});

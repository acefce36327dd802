import { expect, test } from 'vitest';
import { effortFor } from '../../../bench/suites/effort.js';
import { mergeResults } from '../../../bench/suites/merge-results.js';
import { figure, results } from './results.js';

const places = (merged: ReturnType<typeof mergeResults>) =>
  merged.figures.map(({ contender, shape, windows, workload }) => [workload, shape, contender, windows[0]?.rate]);

test('a part that is measured anew replaces its figures, those of contenders that are gone too, and no others', () => {
  const old = results([
    figure(['gateway', '4x16', 'gone'], [1]),
    figure(['gateway', '4x16', 'peer-go'], [1]),
    figure(['gateway', '1x1', 'peer-go'], [1]),
    figure(['jwt', '4x16', 'peer-go'], [1]),
  ]);
  const fresh = results([figure(['gateway', '4x16', 'peer-go'], [2])]);
  expect(places(mergeResults(old, fresh, 'shapes'))).toEqual([
    ['gateway', '1x1', 'peer-go', 1],
    ['jwt', '4x16', 'peer-go', 1],
    ['gateway', '4x16', 'peer-go', 2],
  ]);
});

test('half of the highest rate is one place, whatever the rate was', () => {
  const old = results([
    figure(['gateway', 'open-2000', 'peer-go'], [1]),
    figure(['gateway', 'open-1000', 'peer-go'], [1]),
  ]);
  const fresh = results([figure(['gateway', 'open-4500', 'peer-go'], [2])]);
  expect(places(mergeResults(old, fresh, 'latency')).map(([, shape]) => shape)).toEqual(['open-1000', 'open-4500']);
});

test('memory, starts and profiles stay until their own part is measured', () => {
  const memory = [{ contender: 'a', idle: 1, loaded: 1, highest: 1, perCheck: 1 }];
  const old = results([], { memory, peerProfile: 'old' });
  expect(mergeResults(old, results([]), 'shapes')).toMatchObject({ memory, peerProfile: 'old' });
  expect(mergeResults(old, results([]), 'memory').memory).toEqual([]);
  expect(mergeResults(undefined, old, 'shapes')).toBe(old);
});

test('more minutes are more rounds, never fewer than two', () => {
  expect([1, 20, 40, 60].map((minutes) => effortFor(minutes).rounds)).toEqual([2, 3, 6, 9]);
  expect(() => effortFor(Number.NaN)).toThrow('--minutes');
});

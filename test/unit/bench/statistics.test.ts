import { expect, test } from 'vitest';
import { quantile, ratios, spread } from '../../../bench/measure/statistics.js';

test('a spread is the middle and both ends, whatever the order', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
  expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, low: 1, high: 4 });
  expect(spread([7])).toEqual({ median: 7, low: 7, high: 7 });
  expect(spread([]).median).toBeNaN();
});

test('a quantile lies between the two nearest values', () => {
  expect([0, 0.25, 0.5, 1].map((share) => quantile([0, 10, 20, 30], share))).toEqual([0, 7.5, 15, 30]);
});

test('ratios are taken round by round, of the rounds that both have', () => {
  expect(ratios([2, 6, 9], [1, 2])).toEqual([2, 3]);
});

import { expect, test } from 'vitest';
import { pauseAfter } from '../../../../src/policy/follow/pace.js';

const pace = { minDelay: 10_000, maxDelay: 30_000, longPolling: 0 };
const quiet = { failures: 0, took: 20, news: false };
const between = (look: typeof quiet, more = {}) =>
  [0, 1].map((random) => pauseAfter(look, { ...pace, ...more }, () => random));

test('looks are anywhere between the two delays', () => {
  expect(between(quiet)).toEqual([10_000, 30_000]);
  expect(between({ ...quiet, news: true })).toEqual([10_000, 30_000]);
});

test('failures come soon at first, and back off to the longest delay', () => {
  const ceilings = [1, 2, 3, 6, 7, 60].map((failures) => between({ ...quiet, failures })[1]);
  expect(ceilings).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000]);
  expect(between({ ...quiet, failures: 7 })).toEqual([15_000, 30_000]);
});

test('a server that holds requests is asked again at once, one that only answers fast is not', () => {
  const longPolling = 60_000;
  expect(between({ ...quiet, took: 60_000 }, { longPolling })).toEqual([0, 0]);
  expect(between({ ...quiet, news: true }, { longPolling })).toEqual([0, 0]);
  expect(between(quiet, { longPolling })).toEqual([10_000, 30_000]);
  expect(between({ ...quiet, failures: 1 }, { longPolling })).toEqual([250, 500]);
});

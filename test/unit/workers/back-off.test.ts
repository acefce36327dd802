import { expect, test } from 'vitest';
import { backOff } from '../../../src/workers/back-off.js';

test('the first restart is at once nearly, each further one takes twice as long, up to half a minute', () => {
  expect([1, 2, 3, 9, 10, 1000].map(backOff)).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
});

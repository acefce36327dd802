import { expect, test } from 'vitest';
import { BoundedWork, TooMuchWork } from '../../../examples/auth/accounts/bounded-work.js';

test('D-33 runs as many at once as it may, lets as many wait, and refuses the rest', async () => {
  const bounded = new BoundedWork(2, 1);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (id: number) =>
    bounded.run(() => {
      begun.push(id);
      return new Promise<number>((resolve) => ends.push(() => resolve(id)));
    });
  const [one, two, three] = [work(1), work(2), work(3)];
  await expect(work(4)).rejects.toThrow(TooMuchWork);
  expect(begun).toEqual([1, 2]);
  ends[0]?.();
  expect(await one).toBe(1);
  await Promise.resolve();
  expect(begun).toEqual([1, 2, 3]);
  ends[1]?.();
  ends[2]?.();
  expect(await Promise.all([two, three])).toEqual([2, 3]);
});

test('D-33 work that fails makes room too', async () => {
  const bounded = new BoundedWork(1, 0);
  await expect(bounded.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await bounded.run(async () => 'yes')).toBe('yes');
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DeadlineWheel, type Due } from '../../../../src/server/http2/deadline-wheel.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Notes when it expired, in milliseconds from its making. */
function entry(after: number, expired: number[]): Due {
  const start = performance.now();
  return { due: start + after, expire: (now) => expired.push(now - start) };
}

test.each([0, 1, 9, 10, 11, 200, 10_239, 10_240, 10_241, 60_000])('%d ms: never early, and soon after', (after) => {
  const expired: number[] = [];
  new DeadlineWheel().add(entry(after, expired));
  vi.advanceTimersByTime(after + 30);
  expect(expired).toHaveLength(1);
  expect(expired[0]).toBeGreaterThanOrEqual(after);
});

test('what is removed does not expire, and an idle wheel has no timer', () => {
  const expired: number[] = [];
  const wheel = new DeadlineWheel();
  const gone = entry(50, expired);
  wheel.add(gone);
  wheel.add(entry(70, expired));
  wheel.remove(gone);
  wheel.remove(gone);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(100);
  expect(expired).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
  wheel.add(entry(10, expired));
  vi.advanceTimersByTime(30);
  expect(expired).toHaveLength(2);
});

test('an entry may add itself again, and remove another, while it expires', () => {
  const wheel = new DeadlineWheel();
  const expired: string[] = [];
  const other: Due = { due: performance.now() + 20, expire: () => expired.push('other') };
  const again = {
    due: performance.now() + 20,
    expire(now: number) {
      expired.push('again');
      wheel.remove(other);
      this.due = now + 20;
      if (expired.length < 3) wheel.add(this);
    },
  };
  wheel.add(again);
  wheel.add(other);
  vi.advanceTimersByTime(200);
  expect(expired).toEqual(['again', 'again', 'again']);
});

test('a process that stood still catches up, even by more than a turn of the wheel', () => {
  const expired: number[] = [];
  const wheel = new DeadlineWheel();
  for (const after of [5, 500, 5_000, 20_000, 40_000]) wheel.add(entry(after, expired));
  vi.advanceTimersByTime(1);
  const now = performance.now();
  const stopped = vi.spyOn(performance, 'now').mockReturnValue(now + 30_000);
  vi.advanceTimersByTime(10);
  expect(expired).toHaveLength(4);
  stopped.mockRestore();
});

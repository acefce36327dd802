import { expect, test } from 'vitest';
import { ReadyState } from '../../../src/engine/ready-state.js';

test('tells each listener of each change once, until its subscription ends', () => {
  const state = new ReadyState(false);
  const heard: string[] = [];
  const endFirst = state.onChange((ready) => {
    heard.push(`first ${ready}`);
    endFirst();
  });
  state.onChange((ready) => heard.push(`second ${ready}`));
  for (const ready of [false, true, true, false]) state.set(ready);
  expect(heard).toEqual(['first true', 'second true', 'second false']);
});

test('a function that is subscribed twice is called until both subscriptions have ended', () => {
  const state = new ReadyState(false);
  let calls = 0;
  const listener = (): void => {
    calls += 1;
  };
  const end = state.onChange(listener);
  state.onChange(listener);
  end();
  state.set(true);
  expect(calls).toBe(1);
});

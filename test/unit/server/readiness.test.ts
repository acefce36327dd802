import { expect, test } from 'vitest';
import { createReadiness, type ReadyState } from '../../../src/server/readiness.js';

function fakeEngine(ready: boolean) {
  const listeners = new Set<(ready: boolean) => void>();
  return {
    listeners,
    now: ready,
    ready() {
      return this.now;
    },
    onReadyChange(listener: (ready: boolean) => void) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    become(next: boolean) {
      this.now = next;
      for (const listener of listeners) listener(next);
    },
  };
}

test('A-04 is ready only while the engine is, and never again once draining', () => {
  const engine = fakeEngine(false);
  const readiness = createReadiness(engine);
  readiness.open();
  const seen: ReadyState[] = [];
  readiness.onChange((state) => seen.push(state));

  expect(readiness.state()).toBe('engine_not_ready');
  engine.become(true);
  engine.become(false);
  engine.become(true);
  readiness.drain();
  engine.become(false);
  engine.become(true);
  expect(readiness.state()).toBe('draining');
  expect(seen).toEqual(['ready', 'engine_not_ready', 'ready', 'draining']);
});

test('is not ready before checks can reach it, however ready the engine is', () => {
  const readiness = createReadiness(fakeEngine(true));
  const seen: ReadyState[] = [];
  readiness.onChange((state) => seen.push(state));
  expect(readiness.state()).toBe('starting');
  readiness.open();
  expect(seen).toEqual(['ready']);
});

test('tells a change once, and nothing to those who left', () => {
  const engine = fakeEngine(true);
  const readiness = createReadiness(engine);
  readiness.open();
  const seen: ReadyState[] = [];
  const leave = readiness.onChange((state) => seen.push(state));
  engine.become(true);
  engine.become(false);
  engine.become(false);
  leave();
  engine.become(true);
  expect(seen).toEqual(['engine_not_ready']);
});

test('close ends the subscription to the engine', () => {
  const engine = fakeEngine(true);
  createReadiness(engine).close();
  expect(engine.listeners.size).toBe(0);
});

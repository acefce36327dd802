import { expect, test } from 'vitest';
import { shutDown } from '../../../src/server/shutdown.js';

const never = new AbortController().signal;
/** Longer than the test may take: only the events below can end a period. */
const periods = { quietPeriod: 60_000, drainTimeout: 60_000 };

/** Records what is done to it, in order, and ends when the test says so. */
function fakes() {
  const steps: string[] = [];
  let noConnections = () => {};
  let closed = () => {};
  const parts = {
    readiness: { drain: () => steps.push('not serving') },
    server: {
      whenNoConnections: () => new Promise<void>((resolve) => (noConnections = resolve)),
      stop: () => {
        steps.push('stop');
        return new Promise<void>((resolve) => (closed = resolve));
      },
      destroy: () => {
        steps.push('destroy');
        closed();
      },
    },
  };
  const begin = (hurry = never) => shutDown(parts.readiness as never, parts.server, periods, hurry);
  return { steps, begin, noConnections: () => noConnections(), closed: () => closed() };
}

/** Lets every promise that can settle do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('NOT_SERVING first, then the quiet period, then the stop', async () => {
  const { steps, begin, noConnections, closed } = fakes();
  const done = begin();
  expect(steps).toEqual(['not serving']);
  await settle();
  expect(steps).toEqual(['not serving']);
  noConnections();
  await settle();
  expect(steps).toEqual(['not serving', 'stop']);
  closed();
  expect(await done).toBe('drained');
  expect(steps).toEqual(['not serving', 'stop']);
});

test('a second signal ends the quiet period and cuts what is left', async () => {
  const { steps, begin } = fakes();
  const hurry = new AbortController();
  const done = begin(hurry.signal);
  await settle();
  hurry.abort();
  expect(await done).toBe('forced');
  expect(steps).toEqual(['not serving', 'stop', 'destroy']);
});

test('a second signal during the drain cuts what is left', async () => {
  const { steps, begin, noConnections } = fakes();
  const hurry = new AbortController();
  const done = begin(hurry.signal);
  noConnections();
  await settle();
  expect(steps).toEqual(['not serving', 'stop']);
  hurry.abort();
  expect(await done).toBe('forced');
  expect(steps).toEqual(['not serving', 'stop', 'destroy']);
});

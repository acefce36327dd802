import { expect, onTestFinished, test, vi } from 'vitest';
import { ok } from '../../../../src/errors/result.js';
import { type Bundle, defaultBundleLimits } from '../../../../src/policy/bundle/bundle.js';
import { ActivationQueue } from '../../../../src/policy/follow/activation-queue.js';
import type { BundleEvent } from '../../../../src/policy/follow/bundle-follower.js';
import type { Delivery, OriginRequest } from '../../../../src/policy/follow/origin.js';
import { SetSuccession } from '../../../../src/policy/follow/set-succession.js';
import type { Source } from '../../../../src/policy/follow/source-set.js';
import { pack } from '../../../contract/delivery/archives.js';

/** A source that has news when the test says so. */
function source(name: string, alarmAfter = 3_600_000) {
  let bring: (delivery: Delivery) => void = () => undefined;
  let waits = false;
  const fetch = ({ signal }: OriginRequest) =>
    new Promise<ReturnType<typeof ok<Delivery>>>((resolve) => {
      waits = true;
      bring = (delivery) => {
        waits = false;
        resolve(ok(delivery));
      };
      signal.addEventListener('abort', () => resolve(ok({ kind: 'unchanged' })));
    });
  const close = vi.fn();
  const made: Source = {
    store: { close } as unknown as Source['store'],
    options: {
      name,
      channel: undefined,
      origin: { place: name, fetch },
      limits: defaultBundleLimits,
      verification: async () => undefined,
      pace: { minDelay: 0, maxDelay: 0, longPolling: 0 },
      alarmAfter,
      kept: undefined,
    },
  };
  const give = async (revision: string) => {
    await vi.waitFor(() => expect(waits).toBe(true));
    bring({ kind: 'archive', content: pack({ '.manifest': { revision, roots: [name] } }), version: revision });
  };
  return { source: made, give, close };
}

/** A succession that writes down what was put into force, and what is told. */
function succession() {
  let steps = 0;
  class WatchedQueue extends ActivationQueue {
    override run<Value>(step: () => Value | Promise<Value>): Promise<Value> {
      steps += 1;
      return super.run(step);
    }
  }
  const queue = new WatchedQueue();
  const served: string[] = [];
  const events: string[] = [];
  const sets = new SetSuccession({
    queue,
    serve: async (bundles: ReadonlyMap<string, Bundle>) => {
      served.push([...bundles].map(([name, { manifest }]) => `${name}=${manifest.revision}`).join());
      return ok(undefined);
    },
    onEvent: ({ kind, state }: BundleEvent) => void events.push(`${state.name} ${kind}`),
  });
  onTestFinished(() => sets.close());
  const propose = (...sources: Source[]) => queue.run(() => sets.propose(sources));
  /** Holds the queue until the function that it returns is called. */
  const hold = () => {
    let release: () => void = () => undefined;
    void queue.run(() => new Promise<void>((resolve) => (release = resolve)));
    return () => release();
  };
  const waiting = async (count: number) => vi.waitFor(() => expect(steps).toBe(count));
  return { sets, served, events, propose, hold, waiting, steps: () => steps };
}

test('C-54 what a set had in the queue when another one took its place is not put into force', async () => {
  const { events, hold, propose, sets, served, steps, waiting } = succession();
  const [old, next] = [source('old'), source('next')];
  await propose(old.source);
  await old.give('1');
  await vi.waitFor(() => expect(served).toEqual(['old=1']));
  await propose(next.source);
  const release = hold();
  const before = steps();
  await next.give('1');
  await waiting(before + 1);
  await old.give('2');
  await waiting(before + 2);
  release();
  await vi.waitFor(() => expect(old.close).toHaveBeenCalled());
  expect(served).toEqual(['old=1', 'next=1']);
  expect(Object.keys(sets.states())).toEqual(['next']);
  expect(events.filter((event) => event.startsWith('old'))).toEqual(['old activated', 'old retired']);
});

test('C-54 of two that were proposed, the one before is given up, also when its last bundle comes', async () => {
  const { events, propose, served, sets } = succession();
  const [serving, first, second] = [source('serving'), source('first'), source('second')];
  await propose(serving.source);
  await serving.give('1');
  await vi.waitFor(() => expect(served).toEqual(['serving=1']));
  await propose(first.source);
  await propose(second.source);
  await vi.waitFor(() => expect(first.close).toHaveBeenCalled());
  expect(Object.keys(sets.states())).toEqual(['serving']);
  expect(Object.keys(sets.pending() ?? {})).toEqual(['second']);
  await second.give('1');
  await vi.waitFor(() => expect(served).toEqual(['serving=1', 'second=1']));
  expect(events).toContain('first retired');
  expect(sets.pending()).toBeUndefined();
});

test('C-54 whether a source is stale is said of the set that serves, also when it takes over', async () => {
  const { events, propose, served } = succession();
  const [old, next, other] = [source('shop', 100), source('shop'), source('other')];
  await propose(old.source);
  await old.give('1');
  await vi.waitFor(() => expect(events).toContain('shop stale'));
  await propose(next.source, other.source);
  await next.give('2');
  await vi.waitFor(() => expect(events).toContain('shop waiting'));
  expect(events).not.toContain('shop fresh');
  await other.give('1');
  await vi.waitFor(() => expect(served).toEqual(['shop=1', 'shop=2,other=1']));
  await vi.waitFor(() => expect(events).toContain('shop fresh'));
});

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api/api-client.js';
import { TokenFile } from '../../../src/kubernetes/api/token-file.js';
import { KubernetesFeed } from '../../../src/kubernetes/feed/feed.js';
import { createInformers } from '../../../src/kubernetes/feed/informer.js';
import { eventually } from '../../support/eventually.js';
import { folder } from '../serve/serve.js';
import { startWatchingApiServer, type WatchingApiServer } from './watching-api-server.js';

const patience = { within: 15_000 };

// The official client takes seconds to load on a busy machine.
beforeAll(async () => void (await import('@kubernetes/client-node')));

async function watch(server: WatchingApiServer, refresh = 60_000) {
  const place = await folder();
  const [caFile, tokenFile] = [join(place, 'ca.crt'), join(place, 'token')];
  await writeFile(caFile, server.ca);
  await writeFile(tokenFile, 'first-token');
  const token = new TokenFile(tokenFile);
  const api = new ApiClient({ url: server.url, ca: server.ca, token, timeout: 15_000, maxResponseSize: 1024 * 1024 });
  const failures: string[] = [];
  const feed = new KubernetesFeed({
    specs: [
      {
        group: 'apps',
        version: 'v1',
        resource: 'deployments',
        namespace: undefined,
        labelSelector: 'team=a,tier!=test',
        fieldSelector: undefined,
        keep: ['metadata.labels'],
      },
    ],
    open: await createInformers({ url: server.url, caFile, token, api }),
    refresh,
    onFailure: (_spec, reason) => failures.push(reason),
  });
  onTestFinished(async () => {
    feed.close();
    await api.close();
  });
  return { failures, feed, tokenFile };
}

test('what is kept of an object is in the document, and how old it is', async () => {
  const server = await startWatchingApiServer();
  const { feed } = await watch(server);
  await eventually(() => expect(feed.snapshot().observedAt).toBeDefined(), patience);
  server.put('web', { open: 'yes' });
  await eventually(() => {
    const { data, observedAt = 0 } = feed.snapshot();
    expect(data).toEqual({
      kubernetes: {
        deployments: {
          shop: {
            web: { metadata: { name: 'web', namespace: 'shop', resourceVersion: '2', labels: { open: 'yes' } } },
          },
        },
        feed: { deployments: { observed_at: observedAt * 1_000_000 } },
      },
    });
    expect(Math.abs(Date.now() - observedAt)).toBeLessThan(60_000);
  }, patience);
});

test('lists and watches are asked for with the selector, watches with bookmarks and an end', async () => {
  const server = await startWatchingApiServer();
  await watch(server);
  await eventually(() => expect(server.seen).toHaveLength(2), patience);
  const [list, watched] = server.seen.map(({ url }) => new URL(url ?? '', server.url).searchParams);
  expect(list?.get('labelSelector')).toBe('team=a,tier!=test');
  expect(Object.fromEntries(watched ?? [])).toEqual({
    watch: 'true',
    labelSelector: 'team=a,tier!=test',
    resourceVersion: '1',
    allowWatchBookmarks: 'true',
    timeoutSeconds: '290',
  });
});

test('a bookmark says that nothing has changed', async () => {
  const server = await startWatchingApiServer();
  const { feed } = await watch(server);
  await eventually(() => expect(server.seen).toHaveLength(2), patience);
  const before = feed.snapshot();
  await eventually(() => {
    server.bookmark();
    expect(feed.snapshot().observedAt).toBeGreaterThan(before.observedAt ?? Number.NaN);
  }, patience);
  expect(feed.snapshot().data.kubernetes['deployments']).toBe(before.data.kubernetes['deployments']);
  expect(server.lists()).toBe(1);
});

test('a watch that may not go on where it was begins with a new list', async () => {
  const server = await startWatchingApiServer();
  const { feed } = await watch(server);
  await eventually(() => expect(server.seen).toHaveLength(2), patience);
  server.endWatches(410);
  await eventually(() => expect(server.seen).toHaveLength(4), patience);
  expect(server.lists()).toBe(2);
  server.put('web', {});
  await eventually(() => expect(feed.snapshot().data.kubernetes['deployments']).toHaveProperty('shop.web'), patience);
});

test('a watch that ends is followed by one from where it was, and not at once', async () => {
  const server = await startWatchingApiServer();
  await watch(server);
  await eventually(() => expect(server.seen).toHaveLength(2), patience);
  const ended = performance.now();
  server.endWatches(200);
  await eventually(() => expect(server.seen).toHaveLength(3), patience);
  server.endWatches(200);
  await eventually(() => expect(server.seen).toHaveLength(4), patience);
  expect(performance.now() - ended).toBeGreaterThan(900);
  expect(server.lists()).toBe(1);
});

test('a watch that has died without a word is found out by the next list', async () => {
  const server = await startWatchingApiServer();
  server.silence();
  const { feed } = await watch(server, 500);
  await eventually(() => expect(server.seen.length).toBeGreaterThanOrEqual(2), patience);
  server.put('web', {});
  await eventually(() => expect(feed.snapshot().data.kubernetes['deployments']).toHaveProperty('shop.web'), patience);
});

test.each([401, 403, 500])('while lists are answered %d, what was seen stays and grows old', async (status) => {
  const server = await startWatchingApiServer();
  server.put('web', {});
  const { failures, feed } = await watch(server, 100);
  await eventually(() => expect(feed.snapshot().observedAt).toBeDefined(), patience);
  server.answer(status);
  await eventually(() => expect(failures.some((reason) => reason.includes(`${status}`))).toBe(true), patience);
  const { data, observedAt } = feed.snapshot();
  await eventually(() => expect(failures.length).toBeGreaterThan(1), patience);
  expect(feed.snapshot()).toEqual({ data, observedAt });
  expect(data.kubernetes['deployments']).toHaveProperty('shop.web');
  server.answer(200);
  await eventually(() => expect(feed.snapshot().observedAt).toBeGreaterThan(observedAt ?? Number.NaN), patience);
});

test('E-13 the watch that follows a renewal of the token has the new one', async () => {
  const server = await startWatchingApiServer();
  const { tokenFile } = await watch(server, 300);
  await eventually(() => expect(server.seen.length).toBeGreaterThanOrEqual(2), patience);
  await writeFile(`${tokenFile}.next`, 'second-token');
  await rename(`${tokenFile}.next`, tokenFile);
  await eventually(() => {
    const watches = server.seen.filter(({ url }) => url?.includes('watch=true'));
    expect(watches.at(-1)?.headers.authorization).toBe('Bearer second-token');
  }, patience);
  expect(server.seen[0]?.headers.authorization).toBe('Bearer first-token');
});

test('nothing is left of a feed that is closed', async () => {
  const server = await startWatchingApiServer();
  const { feed } = await watch(server, 200);
  await eventually(() => expect(server.watches()).toBe(1), patience);
  feed.close();
  await eventually(() => expect(server.watches()).toBe(0), patience);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BundleStore } from '../../../src/policy/store/bundle-store.js';
import { openStore, parseStore } from '../../../src/policy/store/open-store.js';
import { startHttpBundles } from '../../support/http-bundle-server.js';
import { temporaryFolder } from '../../support/process.js';
import { startRegistry } from '../../support/registry-server.js';
import { startS3 } from '../../support/s3-server.js';

interface Kind {
  readonly name: string;
  /** Whether a write can depend on what is there, also when another one is under way. */
  readonly conditional: boolean;
  readonly listable: boolean;
  start(): Promise<{ readonly store: string; stop(): Promise<void> }>;
}

const kinds: readonly Kind[] = [
  {
    name: 'a folder',
    conditional: true,
    listable: true,
    start: async () => {
      const folder = await temporaryFolder();
      return { store: folder.path, stop: () => folder.remove() };
    },
  },
  {
    name: 'S3',
    conditional: true,
    listable: true,
    start: async () => {
      const s3 = await startS3();
      Object.assign(process.env, s3.env);
      return { store: s3.store('shop'), stop: () => s3.remove() };
    },
  },
  {
    name: 'HTTP',
    conditional: true,
    listable: false,
    start: async () => {
      const server = await startHttpBundles();
      return { store: server.url, stop: () => server.stop() };
    },
  },
  {
    name: 'an OCI registry',
    conditional: false,
    listable: false,
    start: async () => {
      const registry = await startRegistry();
      return { store: `oci://${registry.address}/shop/policy?plain_http=true`, stop: () => registry.stop() };
    },
  },
];

const maxBytes = 1024 * 1024;

async function open(store: string): Promise<BundleStore> {
  const place = parseStore(store);
  if (!place.ok) throw new Error(place.error);
  return openStore(place.value, { token: async () => undefined });
}

describe.each(kinds)('$name', ({ conditional, listable, start }) => {
  let started: Awaited<ReturnType<Kind['start']>>;
  let store: BundleStore;
  let count = 0;
  const freshName = () => {
    count += 1;
    return `${count}-bundle.tar.gz`;
  };
  beforeAll(async () => {
    started = await start();
    store = await open(started.store);
  });
  afterAll(async () => {
    store?.close();
    await started?.stop();
  });

  const found = async (name: string) => {
    const read = await store.read(name, { maxBytes });
    if (!read.ok || read.value.kind !== 'found') throw new Error(JSON.stringify(read));
    return read.value;
  };

  test('what was created is read again; the version it has is enough to say that it is unchanged', async () => {
    const name = freshName();
    expect(await store.read(name, { maxBytes })).toEqual({ ok: true, value: { kind: 'absent' } });
    expect(await store.create(name, Buffer.from('one'))).toEqual({ ok: true, value: 'created' });
    const { content, version } = await found(name);
    expect(content.toString()).toBe('one');
    expect(await store.read(name, { maxBytes, known: version })).toEqual({ ok: true, value: { kind: 'unchanged' } });
  });

  test('C-43 what is there is never created again', async () => {
    const name = freshName();
    await store.create(name, Buffer.from('one'));
    expect(await store.create(name, Buffer.from('two'))).toEqual({ ok: true, value: 'exists' });
    expect((await found(name)).content.toString()).toBe('one');
  });

  test('a replacement needs the version that is there', async () => {
    const name = `channels/${freshName()}`;
    expect(await store.replace(name, Buffer.from('one'), undefined)).toEqual({ ok: true, value: 'replaced' });
    const first = await found(name);
    expect(await store.replace(name, Buffer.from('two'), first.version)).toEqual({ ok: true, value: 'replaced' });
    expect(await store.replace(name, Buffer.from('three'), first.version)).toEqual({ ok: true, value: 'changed' });
    expect(await store.replace(name, Buffer.from('three'), undefined)).toEqual({ ok: true, value: 'changed' });
    expect((await found(name)).content.toString()).toBe('two');
  });

  test('an object beyond the limit is not read', async () => {
    const name = freshName();
    await store.create(name, Buffer.alloc(2000));
    const read = await store.read(name, { maxBytes: 1999 });
    expect(read).toMatchObject({ ok: false, error: expect.stringContaining('larger than 1999 bytes') });
  });

  if (conditional)
    test('C-43 of publishers that race, exactly one wins, and its bytes stay', async () => {
      for (let round = 0; round < 10; round += 1) {
        const name = freshName();
        const racers = await Promise.all(Array.from({ length: 8 }, () => open(started.store)));
        const outcomes = await Promise.all(
          racers.map((racer, index) => racer.create(name, Buffer.from(`racer ${index}`))),
        );
        for (const racer of racers) racer.close();
        const winners = outcomes.flatMap((outcome, index) =>
          outcome.ok && outcome.value === 'created' ? [index] : [],
        );
        expect(winners, JSON.stringify(outcomes)).toHaveLength(1);
        expect((await found(name)).content.toString()).toBe(`racer ${winners[0]}`);
      }
    });

  if (listable)
    test('names are listed by their beginning', async () => {
      await store.create('status/production/a.json', Buffer.from('{}'));
      await store.create('status/staging/b.json', Buffer.from('{}'));
      expect(await store.list('status/production/')).toEqual({ ok: true, value: ['status/production/a.json'] });
      expect(await store.list('status/nowhere/')).toEqual({ ok: true, value: [] });
    });
});

describe('an object of a web server', () => {
  test.each([
    ['a scheme', (host: string) => `https:${host}/x.tar.gz`],
    ['slashes with tabs between', (host: string) => `\t/\t/${host}/x.tar.gz`],
    ['encoded dots', () => '%2e%2e/x.tar.gz'],
  ])('is looked for below the store, also by a name with %s in it', async (_what, name) => {
    const [server, other] = [await startHttpBundles(), await startHttpBundles()];
    try {
      const store = await open(`${server.url}shop/`);
      await store.read(name(new URL(other.url).host), { maxBytes });
      expect(other.requests).toEqual([]);
      expect(server.requests).toMatchObject([{ path: expect.stringMatching(/^\/shop\/./) }]);
    } finally {
      await server.stop();
      await other.stop();
    }
  });
});

import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BundleState } from '../../../src/policy/follow/bundle-state.js';
import type { BundleStore } from '../../../src/policy/store/bundle-store.js';
import { openStore, parseStore } from '../../../src/policy/store/open-store.js';
import { eventually } from '../../support/eventually.js';
import { connectGrpc, type GrpcClient } from '../../support/grpc-client.js';
import { type HttpBundleServer, startHttpBundles } from '../../support/http-bundle-server.js';
import { type PortcullisServer, startPortcullis } from '../../support/portcullis-server.js';
import { startRegistry } from '../../support/registry-server.js';
import { startS3 } from '../../support/s3-server.js';
import { bundleArchive } from '../../unit/policy/bundle/tar-archive.js';
import { keyFiles } from '../bundle/keys.js';
import { client, httpCheck, outcome } from '../serve/check-call.js';
import { folder, serve } from '../serve/serve.js';
import { delta, discoveryBundle, employees, pack, shopPath, shopPolicy, signed, tampered } from './archives.js';

vi.setConfig({ testTimeout: 60_000 });

const patience = { within: 15_000, every: 50 };
const polling = { min_delay: '50ms', max_delay: '100ms' };
const object = 'discovery.tar.gz';
const policy = { name: 'policy', object: 'policy.tar.gz' };
const staff = { name: 'employees', object: 'employees.tar.gz' };

interface Options {
  readonly store: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly until?: 'ready' | 'alive';
  readonly discovery?: object;
  readonly more?: object;
}

const configFor = ({ discovery = {}, more = {}, store }: Options) => ({
  engine: { timeout: '2s', paths: [{ path: shopPath }] },
  bundles: { discovery: { store, object, ...discovery }, polling, ...more },
});

const check = (name: string) => httpCheck({ method: 'GET', path: '/', headers: { 'x-name': name } });

/** An adapter that is told nothing but where the discovery bundle is. */
async function start(options: Options) {
  const { env = {}, until = 'ready' } = options;
  const portcullis = await serve({ config: configFor(options), env, until });
  const grpc = client(portcullis.grpcAddress);
  return { portcullis, look: (name: string) => outcome(grpc, check(name)) };
}

interface Page {
  readonly revision: string;
  readonly bundles: Readonly<Record<string, object>>;
  readonly discovery: BundleState & { readonly pending?: Readonly<Record<string, BundleState>> };
}

const status = async ({ adminUrl }: PortcullisServer): Promise<Page> =>
  JSON.parse(await (await fetch(`${adminUrl}/status`)).text());
const logged = (portcullis: PortcullisServer, text: string) =>
  eventually(() => expect(JSON.stringify(portcullis.logs())).toContain(text), patience);
const becomes = (look: (name: string) => Promise<string>, name: string, answer: string) =>
  eventually(async () => expect(await look(name)).toBe(answer), patience);
const follows = (portcullis: PortcullisServer, revision: string, names: readonly string[]) =>
  eventually(async () => {
    const { bundles, discovery } = await status(portcullis);
    expect(discovery).toMatchObject({ name: 'discovery', active_revision: revision });
    expect(discovery).not.toHaveProperty('pending_revision');
    expect(Object.keys(bundles).sort()).toEqual([...names].sort());
  }, patience);

const kinds: readonly {
  readonly name: string;
  start(): Promise<{ store: string; env?: Record<string, string>; stop(): Promise<void> }>;
}[] = [
  { name: 'a folder', start: async () => ({ store: await folder(), stop: async () => undefined }) },
  {
    name: 'a web server',
    start: async () => {
      const server = await startHttpBundles();
      return { store: server.url, stop: () => server.stop() };
    },
  },
  {
    name: 'S3',
    start: async () => {
      const s3 = await startS3();
      Object.assign(process.env, s3.env);
      return { store: s3.store('shop'), env: { ...s3.env }, stop: () => s3.remove() };
    },
  },
  {
    name: 'an OCI registry',
    start: async () => {
      const registry = await startRegistry();
      return { store: `oci://${registry.address}/shop/policy?plain_http=true`, stop: () => registry.stop() };
    },
  },
];

/** Writes objects as a publisher would. */
async function publisher(text: string) {
  const place = parseStore(text);
  if (!place.ok) throw new Error(place.error);
  const store: BundleStore = await openStore(place.value, { token: async () => undefined });
  onTestFinished(() => store.close());
  return async (name: string, content: Buffer) => {
    const present = await store.read(name, { maxBytes: 10_000_000 });
    const version = present.ok && present.value.kind === 'found' ? present.value.version : undefined;
    expect(await store.replace(name, content, version)).toEqual({ ok: true, value: 'replaced' });
  };
}

describe.each(kinds)('from $name', (kind) => {
  test('C-54 changes of a discovery bundle add, change and retire sources while checks go on', async () => {
    const { env = {}, stop, store } = await kind.start();
    onTestFinished(stop);
    const put = await publisher(store);
    await put('policy.tar.gz', await shopPolicy('p1'));
    await put('employees.tar.gz', employees('e1', ['alice']));
    await put('others.tar.gz', employees('o1', ['bob']));
    await put(object, discoveryBundle('d1', [policy]));
    const { look, portcullis } = await start({ store, env });
    await follows(portcullis, 'd1', ['policy']);
    const stopChecking = keepChecking(look);

    // Added.
    await put(object, discoveryBundle('d2', [policy, staff]));
    await becomes(look, 'alice', 'allow');
    await follows(portcullis, 'd2', ['employees', 'policy']);
    expect((await status(portcullis)).revision).toBe('employees=e1,policy=p1');

    // Changed: the same name, another object.
    await put(object, discoveryBundle('d3', [policy, { ...staff, object: 'others.tar.gz' }]));
    await becomes(look, 'bob', 'allow');
    expect(await look('alice')).toBe('deny Forbidden');
    await follows(portcullis, 'd3', ['employees', 'policy']);
    // What is not named any more is not followed any more.
    await put('employees.tar.gz', employees('e2', ['mallory']));
    await put('others.tar.gz', employees('o2', ['carol']));
    await becomes(look, 'carol', 'allow');
    expect(await look('mallory')).toBe('deny Forbidden');

    // Retired.
    await put(object, discoveryBundle('d4', [policy]));
    await becomes(look, 'carol', 'deny Forbidden');
    await follows(portcullis, 'd4', ['policy']);
    expect((await status(portcullis)).revision).toBe('p1');
    const retired = () =>
      expect(portcullis.logs()).toContainEqual(
        expect.objectContaining({ msg: expect.stringContaining('bundle retired'), bundle: 'employees' }),
      );
    await eventually(retired, patience);
    expect(await portcullis.metrics()).not.toContain('bundle="employees"');

    const answers = await stopChecking();
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter((answer) => answer !== 'allow' && answer !== 'deny Forbidden')).toEqual([]);
  });
});

/** Asks without a pause; returns how to stop, which returns all answers. */
function keepChecking(look: (name: string) => Promise<string>): () => Promise<readonly string[]> {
  const answers: string[] = [];
  let going = true;
  const running = (async () => {
    while (going) answers.push(await look('alice'));
  })();
  const stop = async () => {
    going = false;
    await running;
    return answers;
  };
  onTestFinished(async () => void (await stop()));
  return stop;
}

let server: HttpBundleServer;

describe('the list', () => {
  beforeEach(serverWithBundles);

  test('C-54 stands where `decision` says in the data of its bundle', async () => {
    const store = await folder();
    const put = await publisher(store);
    await put('policy.tar.gz', await shopPolicy('p1'));
    const deep = { shop: { adapters: { bundles: { sources: [policy] } } }, other: 1 };
    await put(object, pack({ '.manifest': { revision: 'd1', roots: [''] }, 'data.json': deep }));
    const { portcullis } = await start({ store, discovery: { decision: 'shop/adapters' } });
    await follows(portcullis, 'd1', ['policy']);
    await put(object, discoveryBundle('d2', [policy]));
    await logged(portcullis, 'it has no data.shop.adapters');
    await follows(portcullis, 'd1', ['policy']);
  });

  test('C-54 that says the same in another revision changes nothing but the revision', async () => {
    const { portcullis } = await start({ store: server.url });
    const activated = () =>
      portcullis.logs().filter(({ bundle, msg }) => bundle === 'policy' && msg === 'bundle activated');
    server.put(object, discoveryBundle('d2', [policy, staff]));
    await follows(portcullis, 'd2', ['employees', 'policy']);
    expect(activated()).toHaveLength(1);
  });

  test('C-54 that another one follows before it serves is given up', async () => {
    const { look, portcullis } = await start({ store: server.url });
    server.put(
      object,
      discoveryBundle('d2', [
        policy,
        { name: 'employees', object: 'missing.tar.gz' },
        { name: 'more', object: 'more.tar.gz' },
      ]),
    );
    await logged(portcullis, 'missing.tar.gz is not in');
    const { bundles, discovery } = await status(portcullis);
    expect(discovery).toMatchObject({ active_revision: 'd1', pending_revision: 'd2' });
    expect(discovery.pending).toMatchObject({ employees: { code: 'bundle_error' }, policy: {}, more: {} });
    expect(bundles).toMatchObject({ employees: { active_revision: 'e1' } });
    expect(await look('alice')).toBe('allow');

    server.put(object, discoveryBundle('d3', [policy, staff]));
    await follows(portcullis, 'd3', ['employees', 'policy']);
    expect((await status(portcullis)).discovery).not.toHaveProperty('pending');
    server.put('missing.tar.gz', employees('x', ['mallory']));
    server.put('more.tar.gz', pack({ '.manifest': { revision: 'm1', roots: ['more'] }, 'data.json': { more: 1 } }));
    server.put('employees.tar.gz', employees('e2', ['bob']));
    await becomes(look, 'bob', 'allow');
    expect(await look('mallory')).toBe('deny Forbidden');
    expect(await portcullis.metrics()).not.toContain('bundle="more"');
  });

  test('C-54 what a set to come does wrong is said of it, and the alarm of the one that serves stays quiet', async () => {
    const more = { alarm_after: '300ms' };
    const { portcullis } = await start({ store: server.url, more });
    server.put(
      object,
      discoveryBundle('d2', [policy, { ...staff, object: 'missing.tar.gz' }, { name: 'gone', object: 'gone.tar.gz' }]),
    );
    await eventually(async () => {
      expect(await portcullis.metrics()).toContain('portcullis_bundle_stale{bundle="gone"} 1');
      expect((await status(portcullis)).discovery.pending).toMatchObject({ employees: { stale: true } });
    }, patience);
    expect(await portcullis.metrics()).not.toContain('portcullis_bundle_stale{bundle="employees"}');
    // Retired, it raises no alarm any more.
    server.put(object, discoveryBundle('d3', [policy]));
    await follows(portcullis, 'd3', ['policy']);
    expect(await portcullis.metrics()).not.toContain('portcullis_bundle_stale{bundle="gone"}');
  });

  test('C-54 is reported to a collector, as OPA does', async () => {
    const reports: Record<string, unknown>[] = [];
    const collector = createServer(async (request, response) => {
      reports.push((await json(request)) as Record<string, unknown>);
      response.end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void collector.close());
    await once(collector, 'listening');
    const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/status`;
    await start({ store: server.url, more: { reports: { url } } });
    await eventually(() => {
      expect(reports.at(-1)).toMatchObject({
        bundles: { policy: { active_revision: 'p1' } },
        discovery: { name: 'discovery', active_revision: 'd1' },
        plugins: { bundle: { state: 'OK' }, discovery: { state: 'OK' } },
      });
    }, patience);
    server.put(object, discoveryBundle('d2', []));
    await eventually(() => {
      expect(reports.at(-1)).toMatchObject({ discovery: { active_revision: 'd1', code: 'bundle_error' } });
    }, patience);
  });
});

async function serverWithBundles() {
  server = await startHttpBundles();
  server.put('policy.tar.gz', await shopPolicy('p1'));
  server.put('employees.tar.gz', employees('e1', ['alice']));
  server.put(object, discoveryBundle('d1', [policy, staff]));
  return () => server.stop();
}

describe('a discovery bundle that is wrong', () => {
  let portcullis: PortcullisServer;
  let grpc: GrpcClient;
  const look = (name: string) => outcome(grpc, check(name));
  // One adapter for all of them: what is wrong is put right after each.
  beforeAll(async () => {
    const stop = await serverWithBundles();
    const limits = { max_archive_size: '1MiB', max_content_size: '4MiB' };
    portcullis = await startPortcullis({ config: configFor({ store: server.url, more: { limits } }) });
    grpc = connectGrpc(portcullis.grpcAddress);
    return async () => {
      grpc.close();
      await portcullis.kill();
      await stop();
    };
  });
  const at = (name: string, more: object) => discoveryBundle('d2', [policy, { ...staff, ...more, name }]);
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `s${index}`, object: 'x.tar.gz' }));

  const faults: readonly (readonly [string, () => Buffer | Promise<Buffer>, string])[] = [
    ['on another host', () => at('staff', { store: 'http://localhost.evil.example/' }), 'bundles.sources[1].store'],
    [
      'at another port',
      () => at('staff', { store: 'http://127.0.0.1:1/' }),
      'is on another server than the discovery bundle',
    ],
    [
      'over another scheme',
      () => at('staff', { store: server.url.replace('http:', 'https:') }),
      'is on another server',
    ],
    [
      'in a bucket',
      () => at('staff', { store: `s3://bucket/?endpoint=${server.url.slice(0, -1)}` }),
      'is on another server',
    ],
    ['in a folder of this machine', () => at('staff', { store: '/etc' }), 'is on another server'],
    [
      'with a user before the host',
      () => at('staff', { store: server.url.replace('//', '//127.0.0.1@') }),
      'is no place for bundles',
    ],
    ['of a name that climbs out', () => at('staff', { object: '../../other/x.tar.gz' }), 'bundles.sources[1].object'],
    [
      'of a name with tabs between slashes',
      () => at('staff', { object: '\t/\t/evil.example/x.tar.gz' }),
      'bundles.sources[1].object',
    ],
    [
      'of a channel that climbs out',
      () => at('staff', { object: undefined, channel: '../x' }),
      'bundles.sources[1].channel',
    ],
    [
      'with roots that overlap',
      async () => {
        server.put('greedy.tar.gz', employees('g', ['mallory'], ['shop']));
        return at('greedy', { object: 'greedy.tar.gz' });
      },
      'both own',
    ],
    ['with 101 sources', () => discoveryBundle('d2', many(101)), 'expected at most 100 in the list'],
    ['without sources', () => discoveryBundle('d2', []), 'expected at least 1 in the list'],
    ['with two sources of one name', () => discoveryBundle('d2', [policy, policy]), 'another source has this name'],
    ['with a source of its own name', () => at('discovery', {}), 'take another name'],
    ['with a name that is a path', () => at('../../policy', {}), 'bundles.sources[1].name'],
    [
      'with both a channel and an object',
      () => at('staff', { channel: 'production' }),
      'either a channel or an object',
    ],
    [
      'with a key that is none',
      () => at('staff', { stroe: '/x' }),
      'bundles.sources[1].stroe: unknown key; did you mean \\"store\\"?',
    ],
    [
      'with more than the list',
      () =>
        pack({
          '.manifest': { revision: 'd2', roots: [''] },
          'data.json': { bundles: { sources: [policy], verification: {} } },
        }),
      'bundles.verification: unknown key',
    ],
    [
      'with data beside it',
      () =>
        pack({
          '.manifest': { revision: 'd2', roots: [''] },
          'data.json': { bundles: { sources: [policy] }, engine: {} },
        }),
      'engine: unknown key',
    ],
    [
      'without the list',
      () => pack({ '.manifest': { revision: 'd2', roots: [''] }, 'data.json': {} }),
      'bundles: missing',
    ],
    ['that is a policy', () => shopPolicy('d2'), 'here it is data and not evaluated'],
    [
      'with Rego in it',
      () => pack({ '.manifest': { revision: 'd2', roots: [''] }, 'x.rego': 'package x' }),
      'here it is data and not evaluated',
    ],
    [
      'that is a delta',
      () =>
        pack({
          '.manifest': { revision: 'd2', roots: ['bundles'] },
          'patch.json': { data: [{ op: 'remove', path: '/bundles/sources/1' }] },
        }),
      'publish it whole',
    ],
    ['that is a delta of something else', () => delta('d2', []), 'publish it whole'],
    ['larger than the limit', () => Buffer.alloc(2 * 1024 * 1024, 1), 'larger than 1048576 bytes'],
    ['that unpacks to more than the limit', () => gzipSync(Buffer.alloc(8 * 1024 * 1024)), 'unpacks to more than'],
    ['that climbs out', () => bundleArchive([{ path: '../../etc/data.json', content: '{}' }]), 'does not stay inside'],
    ['that is none', () => Buffer.from('<html>Sign in</html>'), 'not a gzip archive'],
  ];

  test.each(faults)('C-54 %s leaves what serves, is reported, and may be put right', async (_what, bad, reason) => {
    const before = portcullis.logs().length;
    server.put(object, await bad());
    const news = () => JSON.stringify(portcullis.logs().slice(before));
    await eventually(() => expect(news()).toContain(reason), patience);
    const page = await status(portcullis);
    expect(page).toMatchObject({
      ready: true,
      revision: 'employees=e1,policy=p1',
      discovery: { active_revision: 'd1' },
    });
    expect(JSON.stringify(page.discovery)).toContain('bundle_error');
    expect([await look('alice'), await look('mallory')]).toEqual(['allow', 'deny Forbidden']);
    server.put(object, discoveryBundle('d1', [policy, staff]));
    await eventually(async () => {
      const { discovery } = await status(portcullis);
      expect([discovery.code, discovery.pending, discovery.pending_revision]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }, patience);
  });

  test('C-54 is counted', async () => {
    const counted = /portcullis_bundle_activations_total\{bundle="discovery",result="failed"\} (\d+)/;
    const count = async () => Number(counted.exec(await portcullis.metrics())?.[1]);
    const before = await count();
    server.put(object, discoveryBundle('d2', []));
    await eventually(async () => expect(await count()).toBeGreaterThan(before), patience);
  });
});

describe('with nothing that serves', () => {
  beforeEach(serverWithBundles);

  test('C-54 a discovery bundle that is wrong is not begun with', async () => {
    server.put(object, discoveryBundle('d1', [{ ...policy, store: 'http://127.0.0.1:1/' }]));
    const { look, portcullis } = await start({ store: server.url, until: 'alive' });
    await logged(portcullis, 'is on another server');
    expect(await look('alice')).toBe('grpc 14');
    expect((await fetch(`${portcullis.adminUrl}/readyz`)).status).toBe(503);
  });
});

test('C-54 the token for the store is sent to no other host', async () => {
  const [own, foreign] = [await startHttpBundles(), await startHttpBundles()];
  onTestFinished(async () => void (await Promise.all([own.stop(), foreign.stop()])));
  const file = join(await folder(), 'token');
  await writeFile(file, 'the-token');
  own.requireToken('the-token');
  own.put('policy.tar.gz', await shopPolicy('p1'));
  own.put(object, discoveryBundle('d1', [{ ...policy, store: own.url }]));
  const { portcullis } = await start({ store: own.url, more: { token: { file } } });
  own.put(object, discoveryBundle('d2', [{ ...policy, store: foreign.url }]));
  await logged(portcullis, 'is on another server');
  // As a URL, it would have a host of its own.
  const name = `https:${new URL(foreign.url).host}/x`;
  own.put(object, discoveryBundle('d2', [{ ...policy, object: name }]));
  await logged(portcullis, `${name} is not in`);
  expect(foreign.requests).toEqual([]);
});

describe('where signatures are demanded', () => {
  test('C-54 the discovery bundle needs one too, and nothing is taken from one that was changed', async () => {
    const key = await keyFiles(await folder(), 'ES256');
    const stranger = await keyFiles(await folder(), 'ES256');
    const served = await startHttpBundles();
    onTestFinished(() => served.stop());
    served.put('policy.tar.gz', await signed(await shopPolicy('p1'), key.signing));
    served.put('employees.tar.gz', await signed(employees('e1', ['alice']), key.signing));
    served.put('unsigned.tar.gz', employees('u1', ['mallory']));
    served.put(object, await signed(discoveryBundle('d1', [policy, staff]), key.signing));
    const verification = { key: key.verification, algorithm: 'ES256' };
    const { look, portcullis } = await start({ store: served.url, more: { verification } });
    expect(portcullis.logs().filter(({ msg }) => String(msg).includes('bundles.discovery'))).toEqual([]);
    const others = discoveryBundle('d2', [policy, { ...staff, object: 'unsigned.tar.gz' }]);
    for (const [bad, reason] of [
      [others, 'it is not signed'],
      [await signed(others, stranger.signing), 'its signature does not fit the key'],
      [
        await tampered(await signed(discoveryBundle('d2', [policy]), key.signing), {
          bundles: { sources: [policy, { ...staff, object: 'unsigned.tar.gz' }] },
        }),
        'is not what was signed',
      ],
    ] as const) {
      served.put(object, bad);
      await logged(portcullis, reason);
      await logged(portcullis, 'bundle_unverified');
    }
    expect(await look('alice')).toBe('allow');
    // Signed by the right key, it still cannot lead to what is not.
    served.put(object, await signed(others, key.signing));
    await eventually(async () => {
      expect((await status(portcullis)).discovery).toMatchObject({
        pending_revision: 'd2',
        pending: { employees: { message: expect.stringContaining('bundle_unverified') } },
      });
    }, patience);
    expect([await look('alice'), await look('mallory')]).toEqual(['allow', 'deny Forbidden']);
  });

  test('without, a warning says who decides', async () => {
    const served = await startHttpBundles();
    onTestFinished(() => served.stop());
    const { portcullis } = await start({ store: served.url, until: 'alive' });
    await logged(portcullis, 'decides which policy is asked; bundles.verification demands a signature');
  });
});

describe('without the server', () => {
  beforeEach(serverWithBundles);
  const down = () => server.answerWith((_request, response) => response.writeHead(503).end());

  test('C-53 C-54 it begins with the discovery bundle and the bundles that served last', async () => {
    const persist = await folder();
    const first = await start({ store: server.url, more: { persist } });
    server.put('others.tar.gz', employees('o1', ['bob']));
    server.put(object, discoveryBundle('d2', [policy, { name: 'others', object: 'others.tar.gz' }]));
    await becomes(first.look, 'bob', 'allow');
    await follows(first.portcullis, 'd2', ['others', 'policy']);
    // A list that never served is not begun with.
    server.put(object, discoveryBundle('d3', [policy, { name: 'others', object: 'missing.tar.gz' }]));
    await logged(first.portcullis, 'missing.tar.gz is not in');
    await first.portcullis.stop();
    const kept = (await readdir(persist)).map((file) => file.split('.')[0]);
    expect(kept.sort()).toEqual(['discovery', 'others', 'policy']);
    down();
    const { look, portcullis } = await start({ store: server.url, more: { persist } });
    expect([await look('bob'), await look('alice')]).toEqual(['allow', 'deny Forbidden']);
    expect(await status(portcullis)).toMatchObject({
      revision: 'others=o1,policy=p1',
      discovery: { active_revision: 'd2', persisted: true, code: 'bundle_error' },
    });
    server.answerWith(undefined);
    server.put(object, discoveryBundle('d4', [policy, staff]));
    await becomes(look, 'alice', 'allow');
  });

  test('C-54 a set to come does not begin with what is on the disk, which may be older than what serves', async () => {
    const persist = await folder();
    const { look, portcullis } = await start({ store: server.url, more: { persist } });
    server.put('employees.tar.gz', delta('e2', [{ op: 'remove', path: '/shop/employees/0' }]));
    await becomes(look, 'alice', 'deny Forbidden');
    const stopChecking = keepChecking(look);
    // Another list of the same sources; the server has but the change, which is no beginning.
    server.put(object, discoveryBundle('d2', [staff, policy]));
    await logged(portcullis, 'came before the bundle that it changes');
    server.put('employees.tar.gz', employees('e3', ['bob']));
    await follows(portcullis, 'd2', ['employees', 'policy']);
    expect(new Set(await stopChecking())).toEqual(new Set(['deny Forbidden']));
  });
});

test('C-54 each of several workers follows the list by itself, and what they keep is one', async () => {
  const [store, persist, sockets] = [await folder(), await folder(), await folder()];
  const put = await publisher(store);
  await put('policy.tar.gz', await shopPolicy('p1'));
  await put('employees.tar.gz', employees('e1', ['alice']));
  await put(object, discoveryBundle('d1', [policy]));
  const config = { ...configFor({ store, more: { persist } }), workers: { count: 2 } };
  const portcullis = await serve({ config, grpcAddress: `unix://${join(sockets, 'check-{worker}.sock')}` });
  const looks = [0, 1].map((worker) => {
    const grpc = client(`unix://${join(sockets, `check-${worker}.sock`)}`);
    return (name: string) => outcome(grpc, check(name));
  });
  await put(object, discoveryBundle('d2', [policy, staff]));
  for (const look of looks) await becomes(look, 'alice', 'allow');
  await eventually(async () => {
    const { workers } = JSON.parse(await (await fetch(`${portcullis.adminUrl}/status`)).text());
    expect(workers).toMatchObject([{ discovery: { active_revision: 'd2' } }, { discovery: { active_revision: 'd2' } }]);
    expect((await readdir(persist)).map((file) => file.split('.')[0]).sort()).toEqual([
      'discovery',
      'employees',
      'policy',
    ]);
  }, patience);
  await put(object, discoveryBundle('d3', [policy]));
  for (const look of looks) await becomes(look, 'alice', 'deny Forbidden');
  await eventually(async () => {
    const kept = (await readdir(persist)).map((file) => file.split('.')[0]);
    expect(kept.sort()).toEqual(['discovery', 'policy']);
  }, patience);
});

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { type HttpBundleServer, startHttpBundles } from '../../support/http-bundle-server.js';
import type { PortcullisServer } from '../../support/portcullis-server.js';
import { startRegistry } from '../../support/registry-server.js';
import { bundleArchive } from '../../unit/policy/bundle/tar-archive.js';
import { bundle } from '../bundle/command.js';
import { keyFiles } from '../bundle/keys.js';
import { client, httpCheck, outcome } from '../serve/check-call.js';
import { folder, serve } from '../serve/serve.js';
import { delta, employees, pack, shopPath, shopPolicy, signed } from './archives.js';

vi.setConfig({ testTimeout: 60_000 });

const patience = { within: 15_000, every: 50 };
const polling = { min_delay: '50ms', max_delay: '100ms' };
const source = (name: string) => ({ name, object: `${name}.tar.gz` });

let server: HttpBundleServer;
beforeEach(async () => {
  server = await startHttpBundles();
  return () => server.stop();
});

/** An adapter that gets its policy and its employees from the server. */
async function start(more: object = {}, until: 'ready' | 'alive' = 'ready', names = ['policy', 'employees'], env = {}) {
  const sources = names.map((name) => ({ ...source(name), store: server.url }));
  const portcullis = await serve({
    config: {
      decision_log: { enabled: true },
      engine: { timeout: '2s', paths: [{ path: shopPath }] },
      bundles: { sources, polling, ...more },
    },
    until,
    env,
  });
  const grpc = client(portcullis.grpcAddress);
  const look = (name: string) => outcome(grpc, httpCheck({ method: 'GET', path: '/', headers: { 'x-name': name } }));
  return { portcullis, look };
}

const status = async ({ adminUrl }: PortcullisServer) => (await fetch(`${adminUrl}/status`)).json();
const logged = (portcullis: PortcullisServer, text: string) =>
  eventually(() => expect(JSON.stringify(portcullis.logs())).toContain(text), patience);
const activations = (portcullis: PortcullisServer, bundle: string) =>
  portcullis.logs().filter((line) => line['msg'] === 'bundle activated' && line['bundle'] === bundle);

describe('several bundles', () => {
  test('C-54 C-45 nothing serves until all are there; every decision then names all revisions', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    const { look, portcullis } = await start({}, 'alive');
    await logged(portcullis, 'it serves when the others are there');
    expect(activations(portcullis, 'policy')).toEqual([]);
    expect(await status(portcullis)).toMatchObject({ bundles: { policy: { pending_revision: 'p1' } } });
    expect(await look('alice')).toBe('grpc 14');
    expect((await fetch(`${portcullis.adminUrl}/readyz`)).status).toBe(503);

    server.put('employees.tar.gz', employees('e1', ['alice']));
    await eventually(async () => expect(await look('alice')).toBe('allow'), patience);
    expect(await look('bob')).toBe('deny Forbidden');
    await eventually(() => {
      expect(portcullis.decisionLog().at(-1)?.['revision']).toBe('employees=e1,policy=p1');
    }, patience);
  });

  test('C-55 data comes in a bundle of its own, and a change of it is not a change of the policy', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { look, portcullis } = await start();
    expect(await look('bob')).toBe('deny Forbidden');
    server.put('employees.tar.gz', employees('e2', ['bob']));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
    expect(await look('alice')).toBe('deny Forbidden');
    await eventually(() => expect(activations(portcullis, 'policy')).toHaveLength(1), patience);
  });

  test('C-54 a bundle that reaches into the roots of another is refused, and what served goes on', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { look, portcullis } = await start();
    server.put('employees.tar.gz', employees('e2', ['bob'], ['shop']));
    await logged(portcullis, 'both own');
    expect(await look('bob')).toBe('deny Forbidden');
    expect(await look('alice')).toBe('allow');
    expect(await status(portcullis)).toMatchObject({
      bundles: { employees: { active_revision: 'e1', code: 'bundle_error' } },
    });
    server.put('employees.tar.gz', employees('e3', ['bob']));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
  });
});

describe('delta bundles', () => {
  test('C-55 a change of one value is made in place, and shows as what it is', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { look, portcullis } = await start();
    server.put('employees.tar.gz', delta('e2', [{ op: 'upsert', path: '/shop/employees/-', value: 'bob' }]));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
    expect(await look('alice')).toBe('allow');
    expect(await status(portcullis)).toMatchObject({
      bundles: { employees: { active_revision: 'e2', type: 'delta' } },
    });
    expect(await portcullis.metrics()).toContain(
      'portcullis_bundle_activations_total{bundle="employees",result="activated"} 2',
    );
  });

  test('a change beyond its roots, or of what is not there, changes nothing', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { look, portcullis } = await start();
    server.put('employees.tar.gz', delta('e2', [{ op: 'upsert', path: '/shop/authz', value: { allow: true } }]));
    await logged(portcullis, 'lies outside the roots');
    server.put('employees.tar.gz', delta('e3', [{ op: 'remove', path: '/shop/employees/7' }]));
    await logged(portcullis, 'is not there');
    expect(await look('bob')).toBe('deny Forbidden');
    expect(await look('alice')).toBe('allow');
  });

  test('one that came first is refused', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', delta('e1', [{ op: 'upsert', path: '/shop/employees', value: ['bob'] }]));
    const { portcullis } = await start({}, 'alive');
    await logged(portcullis, 'came before the bundle that it changes');
    expect((await fetch(`${portcullis.adminUrl}/readyz`)).status).toBe(503);
  });

  test('where signatures are demanded, a delta needs one too', async () => {
    const key = await keyFiles(await folder(), 'ES256');
    server.put('policy.tar.gz', await signed(await shopPolicy('p1'), key.signing));
    server.put('employees.tar.gz', await signed(employees('e1', ['alice']), key.signing));
    const verification = { key: key.verification, algorithm: 'ES256' };
    const { look, portcullis } = await start({ verification });
    const change = (name: string) => [{ op: 'upsert', path: '/shop/employees/-', value: name }];
    server.put('employees.tar.gz', delta('e2', change('mallory')));
    await logged(portcullis, 'bundle_unverified');
    expect(await look('mallory')).toBe('deny Forbidden');
    server.put('employees.tar.gz', await signed(delta('e3', change('bob')), key.signing));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
  });
});

describe('compiling', () => {
  /** Loaded before the adapter: says each time that the platform compiles a module of WebAssembly. */
  const witness = `const { compile } = WebAssembly;
    WebAssembly.compile = (bytes) => {
      process.stderr.write(JSON.stringify({ msg: 'compiles', bytes: bytes.byteLength }) + '\\n');
      return compile(bytes);
    };`;

  test('C-55 a change of data, whole or in part, compiles nothing; one of the policy does', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(witness)}` };
    const { look, portcullis } = await start({}, 'ready', undefined, env);
    // Policies are large; the HTTP client of the platform brings a small module of its own.
    const modules = () =>
      portcullis.logs().filter((line) => line['msg'] === 'compiles' && Number(line['bytes']) > 80_000);
    expect(modules()).toHaveLength(1);
    server.put('employees.tar.gz', employees('e2', ['bob']));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
    server.put('employees.tar.gz', delta('e3', [{ op: 'upsert', path: '/shop/employees/-', value: 'carol' }]));
    await eventually(async () => expect(await look('carol')).toBe('allow'), patience);
    server.put('employees.tar.gz', delta('e4', [{ op: 'remove', path: '/shop/employees/0' }]));
    await eventually(async () => expect(await look('bob')).toBe('deny Forbidden'), patience);
    expect(modules()).toHaveLength(1);
    const open =
      'package shop.authz\n\ndefault allow := false\n\nallow if input.attributes.request.http.method == "GET"\n';
    server.put('policy.tar.gz', await shopPolicy('p2', open));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
    expect(modules()).toHaveLength(2);
  });
});

describe('from an OCI registry', () => {
  test('C-43 C-54 the embedded engine follows a channel and an object of a real registry, and refuses what is not signed', async () => {
    const registry = await startRegistry();
    onTestFinished(() => registry.stop());
    const place = `oci://${registry.address}/shop/policy?plain_http=true`;
    const key = await keyFiles(await folder(), 'ES256');
    const published = await folder();
    const publish = async (name: string, content: Buffer) => {
      const file = join(published, name);
      await writeFile(file, content);
      const run = await bundle('publish', file, '--to', place);
      expect(run.code, run.stderr).toBe(0);
    };
    const promote = async (revision: string) =>
      expect((await bundle('promote', 'production', revision, '--to', place)).code).toBe(0);
    await publish('p1', await signed(await shopPolicy('p1'), key.signing));
    await publish('e1', await signed(employees('e1', ['alice']), key.signing));
    await promote('p1');
    const sources = [
      { name: 'policy', store: place, channel: 'production' },
      { name: 'employees', store: place, object: 'e1.tar.gz' },
    ];
    const verification = { key: key.verification, algorithm: 'ES256' };
    const { look, portcullis } = await start({ sources, verification });
    expect([await look('alice'), await look('bob')]).toEqual(['allow', 'deny Forbidden']);

    const everyone = 'package shop.authz\n\ndefault allow := true\n';
    await publish('p2', await shopPolicy('p2', everyone));
    await promote('p2');
    await logged(portcullis, 'bundle_unverified');
    expect(await look('bob')).toBe('deny Forbidden');
    await publish('p3', await signed(await shopPolicy('p3', everyone), key.signing));
    await promote('p3');
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
    expect((await bundle('rollback', 'production', '--to', place)).code).toBe(0);
    expect((await bundle('rollback', 'production', '--to', place)).code).toBe(0);
    await eventually(async () => expect(await look('bob')).toBe('deny Forbidden'), patience);
    await registry.stop();
    await logged(portcullis, 'cannot be reached');
    expect(await look('alice')).toBe('allow');
  });
});

describe('asking an HTTP server', () => {
  test('what is known is not sent again', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { portcullis } = await start();
    const looks = () => server.requests.filter(({ path }) => path === '/policy.tar.gz');
    await eventually(() => expect(looks().length).toBeGreaterThan(3), patience);
    expect(looks()[0]?.headers['if-none-match']).toBeUndefined();
    expect(looks()[2]?.headers['if-none-match']).toMatch(/^"[0-9a-f]{16}"$/);
    await eventually(() => expect(activations(portcullis, 'policy')).toHaveLength(1), patience);
  });

  test('by long polling, news come at once although looks are an hour apart', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { look } = await start({ polling: { min_delay: '1h', max_delay: '1h', long_polling: '60s' } });
    const waits = () => server.requests.filter(({ headers }) => headers['prefer'] === 'modes=snapshot,delta;wait=60');
    await eventually(() => expect(waits()).toHaveLength(2), patience);
    server.put('employees.tar.gz', employees('e2', ['bob']));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
  });

  test('a token is sent, and read again when the server does not take it any more', async () => {
    const file = join(await folder(), 'token');
    await writeFile(file, 'first\n');
    server.requireToken('first');
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { look, portcullis } = await start({ token: { file } });
    server.requireToken('second');
    await logged(portcullis, 'status 401');
    await writeFile(file, 'second\n');
    server.put('employees.tar.gz', employees('e2', ['bob']));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
  });

  test('a server that breaks off, stalls or errs leaves what serves alone', async () => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const { look, portcullis } = await start();
    server.answerWith((_request, response) => response.writeHead(500).end());
    await logged(portcullis, 'status 500');
    server.answerWith((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('x');
      response.destroy();
    });
    await logged(portcullis, 'cannot be reached');
    expect(await look('alice')).toBe('allow');
    server.answerWith(undefined);
    server.put('employees.tar.gz', employees('e2', ['bob']));
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
  });
});

describe('hostile archives', () => {
  const manifest = Buffer.from('{"revision": "evil", "roots": ["shop/employees"]}');
  const archives: readonly (readonly [string, () => Buffer, string])[] = [
    ['larger than the limit', () => Buffer.alloc(2 * 1024 * 1024, 1), 'larger than 1048576 bytes'],
    ['that unpacks to more than the limit', () => gzipSync(Buffer.alloc(8 * 1024 * 1024)), 'unpacks to more than'],
    [
      'with too many entries',
      () =>
        bundleArchive(Array.from({ length: 40 }, (_, index) => ({ path: `${index}/x.rego`, content: 'package x' }))),
      'more than 30 entries',
    ],
    ['that climbs out', () => bundleArchive([{ path: '../../etc/data.json', content: '{}' }]), 'does not stay inside'],
    [
      'with a link',
      () => bundleArchive([{ path: 'shop/data.json', type: 'SymbolicLink', linkpath: '/etc/passwd' }]),
      'neither a file nor a folder',
    ],
    ['that is none', () => Buffer.from('<html>Sign in</html>'), 'not a gzip archive'],
    [
      'without what it says it owns',
      () => pack({ '.manifest': JSON.parse(String(manifest)), 'data.json': { other: 1 } }),
      'lies outside the roots',
    ],
  ];

  test.each(archives)('C-49 an archive %s is refused, and what serves goes on', async (_what, archive, reason) => {
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    const limits = { max_archive_size: '1MiB', max_content_size: '4MiB', max_entries: 30 };
    const { look, portcullis } = await start({ limits });
    server.put('employees.tar.gz', archive());
    await logged(portcullis, reason);
    expect(await look('alice')).toBe('allow');
    expect(await look('bob')).toBe('deny Forbidden');
  });
});

describe('the last good bundle', () => {
  test('C-53 is verified again when it is read from the disk', async () => {
    const [kept, keys] = [await folder(), await folder()];
    const key = await keyFiles(keys, 'ES256');
    const verification = { key: key.verification, algorithm: 'ES256' };
    const genuine = await signed(employees('e1', ['alice']), key.signing);
    server.put('policy.tar.gz', await signed(await shopPolicy('p1'), key.signing));
    server.put('employees.tar.gz', genuine);
    await (await start({ persist: kept, verification })).portcullis.stop();
    server.answerWith((_request, response) => response.writeHead(503).end());
    const file = await keptFile(kept, 'employees');
    await writeFile(file, employees('e1', ['mallory']));
    const { look, portcullis } = await start({ persist: kept, verification }, 'alive');
    await logged(portcullis, 'bundle_unverified');
    expect(await look('mallory')).toBe('grpc 14');
    await writeFile(file, genuine);
    const again = await start({ persist: kept, verification });
    expect(await again.look('alice')).toBe('allow');
    expect(await status(again.portcullis)).toMatchObject({ bundles: { employees: { persisted: true } } });
  });

  test('C-53 is of the same place: under the name of another source, nothing is begun with', async () => {
    const kept = await folder();
    server.put('policy.tar.gz', await shopPolicy('p1'));
    server.put('employees.tar.gz', employees('e1', ['alice']));
    await (await start({ persist: kept })).portcullis.stop();
    server.answerWith((_request, response) => response.writeHead(503).end());
    const more = {
      persist: kept,
      sources: [
        { ...source('policy'), store: server.url },
        { ...source('staff'), name: 'employees', store: server.url },
      ],
    };
    const { look, portcullis } = await start(more, 'alive');
    await logged(portcullis, 'it serves when the others are there');
    await logged(portcullis, 'no bundle from staff.tar.gz');
    expect(await look('alice')).toBe('grpc 14');
    // What came from another place goes when there is something to begin with.
    server.answerWith(undefined);
    server.put('staff.tar.gz', employees('s1', ['bob']));
    portcullis.signal('SIGHUP');
    await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
    await eventually(async () => expect(await readdir(kept)).toHaveLength(2), patience);
  });

  test('C-53 is kept only once it serves', async () => {
    const kept = await folder();
    server.put('policy.tar.gz', await shopPolicy('p1'));
    const { portcullis } = await start({ persist: kept }, 'alive');
    await logged(portcullis, 'it serves when the others are there');
    expect(await readdir(kept)).toEqual([]);
    server.put('employees.tar.gz', employees('e1', ['alice']));
    await eventually(async () => expect(await readdir(kept)).toHaveLength(2), patience);
  });
});

async function keptFile(kept: string, name: string): Promise<string> {
  const file = (await readdir(kept)).find((one) => one.startsWith(`${name}.`));
  return join(kept, file ?? '');
}

test('SIGHUP looks at once', async () => {
  server.put('policy.tar.gz', await shopPolicy('p1'));
  server.put('employees.tar.gz', employees('e1', ['alice']));
  const { look, portcullis } = await start({ polling: { min_delay: '1h', max_delay: '1h' } });
  server.put('employees.tar.gz', employees('e2', ['bob']));
  portcullis.signal('SIGHUP');
  await eventually(async () => expect(await look('bob')).toBe('allow'), patience);
});

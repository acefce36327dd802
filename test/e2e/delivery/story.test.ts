import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { defaultBundleLimits } from '../../../src/policy/bundle/bundle.js';
import { readArchive } from '../../../src/policy/bundle/read-archive.js';
import { packBundle } from '../../../src/policy/workshop/pack.js';
import { eventually } from '../../support/eventually.js';
import { type ConfigFile, type Run, runPortcullis } from '../../support/portcullis-server.js';
import { freePort } from '../../support/ports.js';
import { printLogsOnFailure, type TemporaryFolder, temporaryFolder } from '../../support/process.js';
import { type S3Server, startS3 } from '../../support/s3-server.js';
import type { Person } from '../callers.js';
import { type CarStore, carStore, carstorePath } from './support/carstore.js';
import { type Front, startFront } from './support/front.js';
import { type Sidecar, startSidecar } from './support/sidecar.js';

// A policy from its commit to its rollback, told in order: each test goes on where the one before it ended.

const car = '/cars/663dc85d-2455-466c-b2e5-76691b0ce14e';
const toyota = { model: 'Toyota', vehicle_id: '357192', owner_id: '4821' };
const position = { position: { latitude: -39.91045, longitude: -161.70716 }, mileage: 742, speed: 90, fuel: 6.42 };
/** A machine under test is slow, and an OPA polls once a second at most. */
const patience = { within: 30_000, every: 100 };

let s3: S3Server;
let store: string;
let app: CarStore;
let folder: TemporaryFolder;
let first: string;
let second: string;
/** Those that follow the channel `production`: one with the policy in it, one beside an OPA. */
let embedded: Front;
let beside: Front;
let sidecar: Sidecar;
const others: { stop(): Promise<void> }[] = [];

vi.setConfig({ testTimeout: 120_000 });
printLogsOnFailure();

beforeAll(async () => {
  [s3, app, folder] = await Promise.all([startS3(), carStore(), temporaryFolder()]);
  store = s3.store('carstore');
});

afterAll(async () => {
  for (const one of [embedded, beside, sidecar, ...others]) await one?.stop();
  await s3?.remove();
  await app?.remove();
  await folder?.remove();
});

/** `portcullis bundle …` as a pipeline runs it, with the right of the bucket. */
async function bundle(...args: readonly string[]): Promise<Run> {
  const path = `${dirname(await findTool('opa'))}:${process.env['PATH']}`;
  return runPortcullis(['bundle', ...args], { ...s3.env, PATH: path });
}

const archive = () => join(folder.path, 'bundle.tar.gz');

async function succeeds(...args: readonly string[]): Promise<string> {
  const run = await bundle(...args);
  expect(run.code, `${args.join(' ')}\n${run.stderr}`).toBe(0);
  return run.stdout;
}

/** Test, build and sign what is checked out, and nothing else. */
async function build(): Promise<void> {
  await succeeds('build', app.policies, '-e', carstorePath, '--target', 'both', '-o', archive());
  await sign(archive());
}

const signature = () => ['--algorithm', 'ES256', '--scope', 'carstore'];
const sign = (file: string) =>
  succeeds('sign', file, '--key', app.key.signing, '--key-id', 'portcullis', ...signature());
const publish = () => succeeds('publish', archive(), '--to', store, '--key', app.key.verification, ...signature());

/** What the adapters of both kinds are told, pinned to a revision or following a channel. */
function configFor(follow: object, more: ConfigFile = {}, engine: object = {}): ConfigFile {
  const paths = [{ path: carstorePath, shape: 'http-api' }];
  return {
    engine: { timeout: '2s', paths, ...engine },
    bundles: {
      sources: [{ name: 'carstore', store, ...follow }],
      verification: { key: app.key.verification, algorithm: 'ES256', scope: 'carstore' },
      polling: { min_delay: '100ms', max_delay: '300ms' },
      ...more,
    },
  };
}

/** The walk-through of the article: who, what, and the answers before and with the status endpoint. */
const walkThrough: readonly [Person, string, string, unknown, number, number][] = [
  ['alice', 'PUT', '/cars/test-car', toyota, 200, 200],
  ['james', 'DELETE', '/cars/test-car', undefined, 200, 200],
  ['kelly', 'PUT', '/cars/test-car', toyota, 403, 403],
  ['kelly', 'GET', '/cars', undefined, 200, 200],
  ['kelly', 'PUT', `${car}/status`, position, 403, 200],
  ['james', 'PUT', `${car}/status`, position, 403, 403],
  ['james', 'GET', `${car}/status`, undefined, 403, 200],
  ['john', 'GET', `${car}/status`, undefined, 403, 403],
  ['alice', 'PUT', `${car}/status`, position, 403, 200],
  ['kelly', 'DELETE', '/cars/test-car', undefined, 403, 403],
];

async function walk(front: Front, version: 1 | 2): Promise<void> {
  const answers: number[] = [];
  for (const [person, method, path, body] of walkThrough) answers.push(await front.status(person, method, path, body));
  expect(answers).toEqual(walkThrough.map((row) => row[version === 1 ? 4 : 5]));
}

const serves = (front: Front, revision: string) =>
  eventually(async () => {
    // An adapter beside an OPA learns of a revision by asking.
    await front.status('john', 'GET', '/cars');
    const status = await (await fetch(`${front.portcullis.adminUrl}/status`)).json();
    expect(status).toMatchObject({ ready: true, revision });
  }, patience);

describe('a policy from commit to rollback', () => {
  test('C-40 C-41 C-42 C-43 the first version is tested, built, signed and published under its commit', async () => {
    first = await app.commit(1);
    await succeeds('check', app.policies, '-e', carstorePath);
    await succeeds('test', app.policies, '--coverage', '80');
    await build();
    expect(await publish()).toContain(`revision ${first}`);
  });

  test('C-45 an adapter is not ready until a bundle is active', async () => {
    embedded = await startFront({
      config: configFor({ channel: 'production' }, { alarm_after: '5s', persist: join(folder.path, 'kept') }),
      env: s3.env,
      until: 'alive',
    });
    const ready = await fetch(`${embedded.portcullis.adminUrl}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, 'engine_not_ready\n']);
    expect(await embedded.status('alice', 'GET', '/cars')).toBe(503);

    expect(await succeeds('promote', 'production', first, '--to', store)).toBe(`production is at ${first}`);
    await serves(embedded, first);
    await eventually(() => {
      const activated = embedded.portcullis.logs().filter(({ msg }) => msg === 'bundle activated');
      expect(activated).toMatchObject([{ bundle: 'carstore', revision: first, type: 'snapshot' }]);
    }, patience);
  });

  test('C-44 an OPA gets the same bundle by the configuration that Portcullis writes for it, its requests signed', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const polling = { polling: { min_delay: '1s', max_delay: '1s' }, persist: join(folder.path, 'kept-by-opa') };
    const config = configFor({ channel: 'production' }, polling, { kind: 'opa', opa: { url } });
    sidecar = await startSidecar({ config, url, env: { ...s3.env, AWS_REGION: 'us-east-1' } });
    beside = await startFront({ config, env: s3.env });
    await serves(beside, first);
  });

  test('C-21 C-23 C-24 both answer the walk-through of the article; what is under /status is closed', async () => {
    await walk(embedded, 1);
    await walk(beside, 1);
  });

  test('C-50 the second version is published; old and new pair answer side by side, each by its own bundle', async () => {
    second = await app.commit(2);
    await build();
    await publish();
    const blue = await startFront({ config: configFor({ object: `${first}.tar.gz` }), env: s3.env });
    const green = await startFront({ config: configFor({ object: `${second}.tar.gz` }), env: s3.env });
    others.push(blue, green);
    await walk(blue, 1);
    await walk(green, 2);
    await walk(blue, 1);
  });

  test('C-42 C-49 a version that fails its tests is not built, so nothing is published', async () => {
    const open = 'default allow := true';
    const third = await app.commitChange((rego) => rego.replace('default allow := false', open));
    const target = join(folder.path, 'third.tar.gz');
    const run = await bundle(
      'build',
      app.policies,
      '-e',
      carstorePath,
      '--target',
      'both',
      '-o',
      target,
      '--allow',
      'default-allows',
    );
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('the tests do not pass');
    expect(existsSync(target)).toBe(false);
    const promoted = await bundle('promote', 'production', third, '--to', store);
    expect(promoted).toMatchObject({ code: 1, stdout: '' });
    expect(promoted.stderr).toContain('publish it first');
    // Put right by the next commit, with the very sources of the second version.
    await app.commit(2);
  });

  test('C-43 what is published is not written over, not even by its author', async () => {
    await succeeds('build', app.policies, '-e', carstorePath, '-r', second, '--target', 'wasm', '-o', archive());
    const run = await bundle('publish', archive(), '--to', store);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('not written over');
  });

  test('C-52 a new pair that does not become healthy, its bundle unsigned or tampered with, takes nothing from the old one', async () => {
    for (const object of [await unsigned(), await tampered()]) {
      const green = await startFront({ config: configFor({ object }), env: s3.env, until: 'alive' });
      others.push(green);
      const refused = () => expect(JSON.stringify(green.portcullis.logs())).toContain('bundle_unverified');
      await eventually(refused, patience);
      expect((await fetch(`${green.portcullis.adminUrl}/readyz`)).status).toBe(503);
      expect(await green.status('alice', 'GET', '/cars')).toBe(503);
    }
    await walk(embedded, 1);
    await walk(beside, 1);
  });

  test('C-48 B-40 A-95 promoted, every adapter follows, and every decision names its revision', async () => {
    await succeeds('promote', 'production', second, '--to', store);
    await Promise.all([serves(embedded, second), serves(beside, second)]);
    await walk(embedded, 2);
    await walk(beside, 2);
    for (const front of [embedded, beside]) {
      await eventually(() => {
        const decisions = front.portcullis.decisionLog().slice(-walkThrough.length);
        expect(new Set(decisions.map(({ revision }) => revision))).toEqual(new Set([second]));
      }, patience);
    }
    const asked = ['--adapter', embedded.portcullis.adminUrl, '--adapter', beside.portcullis.adminUrl];
    const status = JSON.parse(await succeeds('status', 'production', '--to', store, '--json', ...asked));
    expect(status).toMatchObject({ revision: second, previous: [{ revision: first }] });
    const running = status.adapters.map(({ ready, revision }: Record<string, unknown>) => ({ ready, revision }));
    expect(running).toEqual([
      { ready: true, revision: second },
      { ready: true, revision: second },
    ]);
  });

  test('C-51 one command goes back: the old answers return, the new endpoint is closed again', async () => {
    expect(await kellyLooks(embedded)).toBe(200);
    await succeeds('rollback', 'production', '--to', store);
    await Promise.all([serves(embedded, first), serves(beside, first)]);
    expect(await kellyLooks(embedded)).toBe(403);
    expect(await kellyLooks(beside)).toBe(403);
    await walk(embedded, 1);
    await walk(beside, 1);
  });

  test('C-53 with the storage down the last good bundle goes on, an alarm says so, and a restart begins with it', async () => {
    await s3.stop();
    const alarm = () =>
      expect(embedded.portcullis.logs().map(({ msg }) => msg)).toContain(
        'freshness alarm: no answer from the source of the bundle',
      );
    await eventually(alarm, patience);
    // On a slow machine, the log has an alarm from before the first bundle too.
    await eventually(async () => {
      expect(await embedded.portcullis.metrics()).toContain('portcullis_bundle_stale{bundle="carstore"} 1');
    }, patience);
    const status = await (await fetch(`${embedded.portcullis.adminUrl}/status`)).json();
    expect(status).toMatchObject({
      ready: true,
      bundles: { carstore: { active_revision: first, stale: true, code: 'bundle_error' } },
    });
    await walk(embedded, 1);
    await walk(beside, 1);

    const again = await startFront({
      config: configFor({ channel: 'production' }, { persist: join(folder.path, 'kept') }),
      env: s3.env,
    });
    others.push(again);
    await walk(again, 1);

    await s3.restart();
    await eventually(async () => {
      expect(await embedded.portcullis.metrics()).toContain('portcullis_bundle_stale{bundle="carstore"} 0');
    }, patience);
  });

  test('C-54 discovery moves an adapter from one bundle to two, policy and data apart, without a request that fails', async () => {
    const list = (sources: readonly object[]) => ({ bundles: { sources } });
    await publishData('adapters-1', 'bundles', list([{ name: 'carstore', channel: 'production' }]));
    await succeeds('promote', 'adapters', 'adapters-1', '--to', store);
    const { bundles } = configFor({}) as { readonly bundles: object };
    const discovery = { store, channel: 'adapters' };
    const front = await startFront({
      config: { ...configFor({}), bundles: { ...bundles, sources: [], discovery } },
      env: s3.env,
    });
    others.push(front);
    await serves(front, first);
    await walk(front, 1);

    // The second version once more, without its data, which comes in a bundle of its own.
    const apart = ['--exclude', 'carstore/data.json', '--root', 'carstore/authz', '-r', 'apart', '--skip-tests'];
    await succeeds('build', app.policies, '-e', carstorePath, ...apart, '-o', archive());
    await sign(archive());
    await publish();
    const shipped = await readFile(join(app.policies, 'carstore', 'data.json'), 'utf8');
    await publishData('staff-1', 'carstore/employees', { carstore: JSON.parse(shipped) });
    const [policy, employees] = [
      { name: 'carstore', object: 'apart.tar.gz' },
      { name: 'employees', object: 'staff-1.tar.gz' },
    ];
    await publishData('adapters-2', 'bundles', list([policy, employees]));
    const answers: number[] = [];
    let moved = false;
    const asking = (async () => {
      while (!moved) answers.push(await front.status('kelly', 'GET', '/cars'));
    })();
    try {
      await succeeds('promote', 'adapters', 'adapters-2', '--to', store);
      await serves(front, 'carstore=apart,employees=staff-1');
    } finally {
      moved = true;
      await asking;
    }
    expect(answers.length).toBeGreaterThan(10);
    expect(new Set(answers)).toEqual(new Set([200]));
    await walk(front, 2);
    // And back, by the command that takes back any promotion.
    await succeeds('rollback', 'adapters', '--to', store);
    await serves(front, first);
    await walk(front, 1);
  });

  test('C-44 wrong credentials are refused, and no policy is served', async () => {
    const env = { ...s3.env, AWS_SECRET_ACCESS_KEY: 'guessed' };
    const stranger = await startFront({ config: configFor({ channel: 'production' }), env, until: 'alive' });
    others.push(stranger);
    await eventually(
      () => expect(JSON.stringify(stranger.portcullis.logs())).toContain('SignatureDoesNotMatch'),
      patience,
    );
    expect((await fetch(`${stranger.portcullis.adminUrl}/readyz`)).status).toBe(503);
    const run = await runPortcullis(['bundle', 'promote', 'production', second, '--to', store], env);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('SignatureDoesNotMatch');
  });
});

/** Whether kelly may look at the status of a car. */
const kellyLooks = (of: Front) => of.status('kelly', 'GET', `${car}/status`);

/** Signs and publishes a bundle that is data alone. */
async function publishData(revision: string, root: string, data: unknown): Promise<void> {
  const files = { '.manifest': { revision, roots: [root] }, 'data.json': data };
  const packed = packBundle(
    Object.entries(files).map(([path, value]) => ({ path, content: Buffer.from(JSON.stringify(value)) })),
  );
  if (!packed.ok) throw new Error(packed.error);
  await writeFile(archive(), packed.value);
  await sign(archive());
  await publish();
}

/** Publishes the second version without its signature, as someone who has the bucket but not the key would. */
async function unsigned(): Promise<string> {
  const revision = `${second}-unsigned`;
  await succeeds('build', app.policies, '-e', carstorePath, '-r', revision, '--target', 'both', '-o', archive());
  await succeeds('publish', archive(), '--to', store);
  return `${revision}.tar.gz`;
}

/** The same with a signature that was made for other data. */
async function tampered(): Promise<string> {
  const revision = `${second}-tampered`;
  await succeeds('build', app.policies, '-e', carstorePath, '-r', revision, '--target', 'both', '-o', archive());
  await sign(archive());
  const files = await readArchive(await readFile(archive()), defaultBundleLimits);
  if (!files.ok) throw new Error(files.error);
  const mallory = Buffer.from('{"employees": {"mallory": ["manager"]}}');
  const changed = packBundle(
    files.value.map(({ content, path }) => ({ path, content: path.endsWith('data.json') ? mallory : content })),
  );
  if (!changed.ok) throw new Error(changed.error);
  await writeFile(archive(), changed.value);
  await succeeds('publish', archive(), '--to', store);
  return `${revision}.tar.gz`;
}

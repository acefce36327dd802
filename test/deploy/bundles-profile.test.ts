import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { as } from '../e2e/callers.js';
import { eventually } from '../support/eventually.js';
import { jsonLines } from '../support/json-lines.js';
import { buildBundle } from '../support/policy-bundle.js';
import { temporaryFolder } from '../support/process.js';
import { bringUp, type Project } from './support/compose.js';
import { report } from './support/report.js';

const patient = { within: 60_000, every: 250 };
const decisionPaths = ['envoy/authz/allow', 'authz/allow'];
let project: Project;

beforeAll(async () => {
  project = await bringUp({ profile: 'bundles', services: ['envoy-bundles'], port: 'BUNDLES_PORT' });
  report('docker compose up --wait envoy-bundles, images built', `${project.startTime} ms`);
}, 900_000);
afterAll(() => project?.down(), 120_000);

/** The policy of the whole gateway in one word. */
async function bundleThat(allow: boolean, revision: string): Promise<string> {
  const rego = `package envoy.authz\n\nallow := ${allow}\n`;
  const demo = `package authz\n\nallow := ${allow}\n`;
  return buildBundle({
    rego: { 'envoy/authz.rego': rego, 'demo.rego': demo },
    entrypoints: decisionPaths,
    revision,
    target: 'wasm',
  });
}

async function publish(bundle: string): Promise<void> {
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const file = join(folder.path, 'bundle.tar.gz');
  await copyFile(bundle, file);
  await project.compose(['run', '--rm', 'publish'], { BUNDLE: file });
}

async function revisions(): Promise<Set<unknown>> {
  const lines = (await project.compose(['logs', '--no-log-prefix', 'portcullis-bundles'])).split('\n');
  return new Set(jsonLines(lines).flatMap(({ decision_id: id, revision }) => (id === undefined ? [] : [revision])));
}

test('C-43 C-45 what was published is served, under its revision', async () => {
  expect(await project.statusOf('/cars')).toBe(200);
  expect(await project.statusOf('/trucks', { headers: as('john') })).toBe(403);
  expect(await revisions()).toEqual(new Set([expect.stringMatching(/^[0-9a-f]{16}$/)]));
});

test('C-44 C-48 a bundle that is published and promoted takes over without a restart; a rollback brings the old one back', async () => {
  await publish(await bundleThat(false, 'closed'));
  await eventually(async () => expect(await project.statusOf('/cars')).toBe(401), patient);
  expect(await revisions()).toContain('closed');
  const back = ['bundle', 'rollback', 'production', '--to', 's3://policies/gateway?endpoint=http://store:7070'];
  await project.compose(['run', '--rm', '--entrypoint', 'node', 'publish', '/app/dist/main.js', ...back]);
  await eventually(async () => expect(await project.statusOf('/cars')).toBe(200), patient);
});

test('without the store the last good bundle goes on serving, through a restart too', async () => {
  await project.compose(['kill', 'store']);
  await project.compose(['restart', 'portcullis-bundles']);
  await eventually(async () => expect(await project.statusOf('/cars')).toBe(200), patient);
  expect(await project.statusOf('/trucks', { headers: as('john') })).toBe(403);
  await project.compose(['start', 'store']);
}, 120_000);

test('a bundle that nobody signed is refused, though it was promoted', async () => {
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const file = join(folder.path, 'bundle.tar.gz');
  await writeFile(file, await readFile(await bundleThat(false, 'unsigned')));
  const script = [
    'set -e; node /app/dist/main.js bundle publish /bundle.tar.gz --to "$STORE"',
    'node /app/dist/main.js bundle promote production unsigned --to "$STORE"',
  ].join('; ');
  const run = ['run', '--rm', '--entrypoint', 'sh', 'publish', '-c', script];
  await eventually(() => project.compose(run, { BUNDLE: file }), patient);
  await eventually(async () => {
    expect(await project.compose(['logs', '--no-log-prefix', 'portcullis-bundles'])).toMatch(/bundle_unverified/);
  }, patient);
  expect(await project.statusOf('/cars')).toBe(200);
}, 120_000);

test('taken down, it leaves no container, volume, network or image', async () => {
  await project.down();
  expect(await project.leftovers()).toBe('');
});

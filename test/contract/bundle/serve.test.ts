import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { runPortcullis } from '../../support/portcullis-server.js';
import { client, httpCheck, outcome } from '../serve/check-call.js';
import { attemptToServe, serve } from '../serve/serve.js';
import { bundle, commitAll, folderWith, writeFiles } from './command.js';
import { keyFiles } from './keys.js';

const entrypoint = 'envoy/authz/allow';

const policy = {
  'envoy/authz.rego':
    'package envoy.authz\n\ndefault allow := false\n\nallow if input.attributes.request.http.method == "GET"\n',
  'envoy/authz_test.rego': `package envoy.authz_test

import data.envoy.authz

test_get if authz.allow with input.attributes.request.http.method as "GET"

test_put if not authz.allow with input.attributes.request.http.method as "PUT"
`,
};

const get = httpCheck({ method: 'GET', path: '/' });
const put = httpCheck({ method: 'PUT', path: '/' });

async function signedRepository() {
  const folder = await folderWith({ ...policy, '.gitignore': '*.tar.gz\n*.key\n*.pub\n' });
  const commit = commitAll(folder);
  const file = join(folder, 'bundle.tar.gz');
  const key = await keyFiles(folder, 'ES256');
  const build = await bundle('build', folder, '-e', entrypoint, '-o', file);
  expect(build.code, build.stderr).toBe(0);
  return { folder, file, commit, key };
}

type Repository = Awaited<ReturnType<typeof signedRepository>>;

const sign = ({ file, key }: Repository, scope = 'production') =>
  bundle('sign', file, '--key', key.signing, '--algorithm', 'ES256', '--scope', scope);

const configFor = ({ file, key }: Repository) => ({
  decision_log: { enabled: true },
  engine: {
    wasm: { bundle: file, verification: { key: key.verification, algorithm: 'ES256', scope: 'production' } },
  },
});

test('C-41 C-48 a signed bundle is served, and every decision names the commit it was built from', async () => {
  const repository = await signedRepository();
  await sign(repository);
  const portcullis = await serve({ config: configFor(repository) });
  const grpc = client(portcullis.grpcAddress);
  expect(await outcome(grpc, get)).toBe('allow');
  expect(await outcome(grpc, put)).toBe('deny Forbidden');
  const { commit } = repository;
  await eventually(() => expect(portcullis.decisionLog().map(({ revision }) => revision)).toEqual([commit, commit]));
  expect(await (await fetch(`${portcullis.adminUrl}/status`)).json()).toMatchObject({ revision: commit });
});

test('a bundle that is not signed, or not for this scope, is not served', async () => {
  const repository = await signedRepository();
  expect((await attemptToServe(configFor(repository))).stderr).toContain('bundle_unverified');
  await sign(repository, 'staging');
  const attempt = await attemptToServe(configFor(repository));
  expect(attempt.code).toBe(1);
  expect(attempt.stderr).toContain('bundle_unverified');
  expect(attempt.stderr).toContain('for the scope \\"staging\\"');
});

test('the bundle that comes with Portcullis is not signed', async () => {
  const { key } = await signedRepository();
  const verification = { key: key.verification, algorithm: 'ES256' };
  expect((await attemptToServe({ engine: { wasm: { verification } } })).stderr).toContain('bundle_unverified');
});

test('a key that cannot be used is named', async () => {
  const repository = await signedRepository();
  const { key } = repository;
  const unfit = { ...repository, key: { ...key, verification: key.signing } };
  expect((await attemptToServe(configFor(unfit))).stderr).toContain('the key is a private key');
  const missing = { ...repository, key: { ...key, verification: `${key.verification}.gone` } };
  expect((await attemptToServe(configFor(missing))).stderr).toContain('config_unreadable');
});

test('C-48 a bundle that was tampered with is refused on reload, and the good one goes on', async () => {
  const repository = await signedRepository();
  const { commit, file, folder } = repository;
  await sign(repository);
  const portcullis = await serve({ config: configFor(repository) });
  const grpc = client(portcullis.grpcAddress);
  const open = policy['envoy/authz.rego'].replace('default allow := false', 'default allow := true');
  await writeFiles(folder, { 'envoy/authz.rego': open });
  const forged = await bundle(
    'build',
    folder,
    '-e',
    entrypoint,
    '-r',
    commit,
    '--skip-check',
    '--skip-tests',
    '-o',
    file,
  );
  expect(forged.code, forged.stderr).toBe(0);
  // A reload may not lay down its guard either.
  await portcullis.writeConfig({ decision_log: { enabled: true }, engine: { wasm: { bundle: file } } });
  portcullis.signal('SIGHUP');
  await eventually(() => expect(JSON.stringify(portcullis.logs())).toContain('bundle_unverified'));
  expect(await outcome(grpc, put)).toBe('deny Forbidden');
  expect(await outcome(grpc, get)).toBe('allow');
});

test('the process itself has the commands', async () => {
  const folder = await folderWith({ 'a.tar.gz': 'x', key: 'x' });
  await writeFile(join(folder, 'key'), '0'.repeat(64));
  const run = await runPortcullis([
    'bundle',
    'verify',
    join(folder, 'a.tar.gz'),
    '--key',
    join(folder, 'key'),
    '--algorithm',
    'HS256',
  ]);
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(run.stderr).toContain('it is not a gzip archive');
  expect((await runPortcullis(['bundle', 'help'])).stdout).toContain('Usage: portcullis bundle ACTION');
});

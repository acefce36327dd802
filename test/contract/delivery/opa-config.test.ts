import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { type SidecarOptions, startSidecar } from '../../e2e/delivery/support/sidecar.js';
import { eventually } from '../../support/eventually.js';
import { startHttpBundles } from '../../support/http-bundle-server.js';
import { jsonLines } from '../../support/json-lines.js';
import { buildBundle } from '../../support/policy-bundle.js';
import type { ConfigFile } from '../../support/portcullis-server.js';
import { runPortcullis } from '../../support/portcullis-server.js';
import { freePort } from '../../support/ports.js';
import { startChild } from '../../support/process.js';
import { startRegistry } from '../../support/registry-server.js';
import { bundle } from '../bundle/command.js';
import { keyFiles } from '../bundle/keys.js';
import { client, httpCheck, outcome } from '../serve/check-call.js';
import { configFile, folder, serve } from '../serve/serve.js';

vi.setConfig({ testTimeout: 60_000 });

const path = 'shop/authz/allow';

function shopBundle(revision: string): Promise<string> {
  return buildBundle({
    rego: {
      '.manifest': '{"roots": ["shop"]}',
      'shop/authz.rego': `package shop.authz\n\ndefault allow := false\n\nallow if input.attributes.request.http.method == "GET"\n`,
    },
    entrypoints: [path],
    target: 'rego',
    revision,
  });
}

async function sidecar(options: Omit<SidecarOptions, 'url' | 'env'>, url: string) {
  const started = await startSidecar({ env: {}, ...options, url });
  onTestFinished(() => started.stop());
  return started;
}

async function adapter(config: ConfigFile) {
  const portcullis = await serve({ config });
  return client(portcullis.grpcAddress);
}

const get = httpCheck({ method: 'GET', path: '/' });
const put = httpCheck({ method: 'PUT', path: '/' });

function configFor(store: string, url: string, more: object = {}, opa: object = {}): ConfigFile {
  return {
    engine: { kind: 'opa', timeout: '2s', paths: [{ path }], opa: { url, ...opa } },
    bundles: {
      sources: [{ name: 'shop', store, channel: 'production' }],
      polling: { min_delay: '1s', max_delay: '1s' },
      ...more,
    },
  };
}

async function publish(store: string, file: string, revision: string): Promise<void> {
  for (const args of [
    ['publish', file, '--to', store],
    ['promote', 'production', revision, '--to', store],
  ]) {
    const run = await bundle(...args);
    expect(run.code, run.stderr).toBe(0);
  }
}

/** Whether OPA's bundles are active: 200 if so. */
const health = async (url: string) => (await fetch(`${url}/health?bundles`)).status;

const opaUrl = async () => `http://127.0.0.1:${await freePort()}`;

test('C-44 with a token, OPA answers checks and probes and nothing else', async () => {
  const [store, secrets, url] = [await folder(), await folder(), await opaUrl()];
  const token = join(secrets, 'token');
  await writeFile(token, 'sidecar-token\n');
  await publish(store, await shopBundle('r1'), 'r1');
  const config = configFor(store, url, {}, { token: { file: token } });
  await sidecar({ config }, url);
  const grpc = await adapter(config);
  expect([await outcome(grpc, get), await outcome(grpc, put)]).toEqual(['allow', 'deny Forbidden']);

  const ask = async (method: string, at: string, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    const content = method === 'GET' ? {} : { body: '{}' };
    return (await fetch(`${url}${at}`, { method, headers, ...content })).status;
  };
  const bearer = 'Bearer sidecar-token';
  expect(await ask('POST', `/v1/data/${path}`, bearer)).toBe(200);
  expect(await ask('POST', `/v1/data/${path}`)).toBe(401);
  expect(await ask('POST', `/v1/data/${path}`, 'Bearer guessed')).toBe(401);
  expect(await ask('GET', '/health')).toBe(200);
  expect(await ask('GET', '/v1/data', bearer)).toBe(401);
  expect(await ask('POST', '/v1/data', bearer)).toBe(401);
  expect(await ask('PUT', '/v1/policies/evil', bearer)).toBe(401);
  expect(await ask('PUT', '/v1/data/shop', bearer)).toBe(401);
  expect(await ask('POST', '/v1/query', bearer)).toBe(401);
});

test('C-53 an OPA keeps the last good bundle, and starts with it when the server is down', async () => {
  const [kept, url, server] = [await folder(), await opaUrl(), await startHttpBundles()];
  onTestFinished(() => server.stop().catch(() => undefined));
  await publish(server.url, await shopBundle('r1'), 'r1');
  const config = configFor(server.url, url, { persist: kept });
  const first = await startSidecar({ config, url, env: {} });
  await first.stop();
  await server.stop();
  await sidecar({ config }, url);
  expect(await outcome(await adapter(config), get)).toBe('allow');
});

test('C-44 an OPA refuses what is not signed by the key it was given', async () => {
  const [server, keys, url] = [await startHttpBundles(), await folder(), await opaUrl()];
  onTestFinished(() => server.stop());
  const store = server.url;
  const key = await keyFiles(keys, 'ES256');
  const config = configFor(store, url, { verification: { key: key.verification, algorithm: 'ES256', scope: 'shop' } });
  await publish(store, await shopBundle('r1'), 'r1');
  const opa = await sidecar({ config, until: 'started' }, url);
  await eventually(() => expect(opa.child.stderr.join('\n')).toContain('signature'), { within: 15_000 });
  await eventually(async () => expect(await health(url)).toBe(500), { within: 15_000 });

  const file = join(keys, 'bundle.tar.gz');
  const sign = ['sign', await shopBundle('r2'), '--key', key.signing, '--algorithm', 'ES256', '--scope', 'shop'];
  expect((await bundle(...sign, '--key-id', 'portcullis', '-o', file)).code).toBe(0);
  await publish(store, file, 'r2');
  await eventually(async () => expect(await health(url)).toBe(200), { within: 15_000 });
});

test.each([
  ['as it is', ''],
  ['with the line end that editors leave', '\n'],
])('C-44 an OPA refuses what was not signed with the secret it was given: HS256, %s', async (_what, end) => {
  const [server, keys, url] = [await startHttpBundles(), await folder(), await opaUrl()];
  onTestFinished(() => server.stop());
  const [secret, guess] = [join(keys, 'secret'), join(keys, 'guess')];
  await writeFile(secret, `${'0123456789abcdef'.repeat(4)}${end}`);
  await writeFile(guess, 'fedcba9876543210'.repeat(4));
  const config = configFor(server.url, url, { verification: { key: secret, algorithm: 'HS256', scope: 'shop' } });
  const publishSigned = async (revision: string, key: string) => {
    const file = join(keys, `${revision}.tar.gz`);
    const how = ['--algorithm', 'HS256', '--scope', 'shop', '--key-id', 'portcullis'];
    const run = await bundle('sign', await shopBundle(revision), '--key', key, ...how, '-o', file);
    expect(run.code, run.stderr).toBe(0);
    await publish(server.url, file, revision);
  };
  await publishSigned('r1', guess);
  const opa = await sidecar({ config, until: 'started' }, url);
  await eventually(() => expect(opa.child.stderr.join('\n')).toContain('signature'), { within: 15_000 });
  await eventually(async () => expect(await health(url)).toBe(500), { within: 15_000 });

  await publishSigned('r2', secret);
  await eventually(async () => expect(await health(url)).toBe(200), { within: 15_000 });
  const grpc = await adapter(config);
  expect([await outcome(grpc, get), await outcome(grpc, put)]).toEqual(['allow', 'deny Forbidden']);
});

test('C-44 at a Unix socket, OPA answers checks and probes and nothing else', async () => {
  const [store, sockets, kept] = [await folder(), await folder(), await folder()];
  const socketPath = join(sockets, 'opa.sock');
  const url = `unix://${socketPath}`;
  await publish(store, await shopBundle('r1'), 'r1');
  // What lies in a folder needs no second copy: told to keep one, OPA would not activate it.
  const config = configFor(store, url, { persist: kept });
  await sidecar({ config, until: 'started' }, url);
  // It is ready only when OPA's bundles are active.
  const grpc = await adapter(config);
  expect([await outcome(grpc, get), await outcome(grpc, put)]).toEqual(['allow', 'deny Forbidden']);
  const ask = (method: string, at: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ socketPath, method, path: at, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.once('error', reject);
      asked.end(method === 'GET' ? undefined : '{}');
    });
  expect(await ask('POST', `/v1/data/${path}`)).toBe(200);
  expect(await ask('GET', '/health')).toBe(200);
  expect(await ask('GET', '/v1/data')).toBe(401);
  expect(await ask('PUT', '/v1/policies/evil')).toBe(401);
  expect(await ask('PUT', '/v1/data/shop')).toBe(401);
});

test('C-43 C-44 a registry: published as an OCI artifact that both kinds of engine pull', async () => {
  const [registry, url] = [await startRegistry(), await opaUrl()];
  onTestFinished(() => registry.stop());
  const store = `oci://${registry.address}/shop/policy?plain_http=true`;
  await publish(store, await shopBundle('r1'), 'r1');
  const config = configFor(store, url);
  await sidecar({ config }, url);
  expect(await outcome(await adapter(config), get)).toBe('allow');
});

test('without bundles there is nothing to write', async () => {
  const run = await runPortcullis(['opa-config', '--config', await configFile({}), '--output', await folder()]);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain('bundles.sources names no bundle');
});

test('for a list of the embedded engine, it is said that OPA has discovery of its own', async () => {
  const file = await configFile({ bundles: { discovery: { store: '/bundles', object: 'x' } } });
  const run = await runPortcullis(['opa-config', '--config', file, '--output', await folder()]);
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('an OPA has discovery of its own') });
});

test('C-48 an OPA logs its decisions, each with its revision, where Portcullis does', async () => {
  const [store, url] = [await folder(), await opaUrl()];
  await publish(store, await shopBundle('r1'), 'r1');
  const config = configFor(store, url);
  const logging = { ...config, decision_log: { enabled: true } };
  const decisions = (opa: Awaited<ReturnType<typeof sidecar>>) =>
    [...jsonLines(opa.child.stderr), ...jsonLines(opa.child.stdout)].filter(({ msg }) => msg === 'Decision Log');
  const opa = await sidecar({ config: logging }, url);
  expect(await outcome(await adapter(logging), get)).toBe('allow');
  await eventually(() => {
    expect(decisions(opa)).toContainEqual(
      expect.objectContaining({ path, result: true, bundles: { shop: { revision: 'r1' } } }),
    );
  });
  const silentUrl = await opaUrl();
  const quiet = configFor(store, silentUrl);
  const silent = await sidecar({ config: quiet }, silentUrl);
  expect(await outcome(await adapter(quiet), get)).toBe('allow');
  expect(decisions(silent)).toEqual([]);
});

test.each([
  ['environment', {}, 'no AWS_ACCESS_KEY_ID set in environment'],
  [
    'web-identity',
    { AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token', AWS_ROLE_ARN: 'arn:aws:iam::1:role/opa' },
    'unable to read web token',
  ],
  ['metadata', {}, 'metadata endpoint cannot be determined'],
  ['profile', { AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials' }, '/nowhere/credentials'],
])(
  'C-44 an OPA looks for what it signs S3 requests with in its %s, as it was told',
  async (credentials, env, missing) => {
    const [output, url] = [await folder(), await opaUrl()];
    const file = await configFile(configFor('s3://bucket/shop?endpoint=http://127.0.0.1:1', url));
    const args = ['opa-config', '--config', file, '--output', output, '--s3-credentials', credentials];
    const written = await runPortcullis(args);
    expect(written).toMatchObject({ code: 0 });
    const [, ...start] = written.stdout.trim().split(' ');
    const opa = startChild({
      name: 'opa',
      program: await findTool('opa'),
      args: [...start, '--skip-version-check'],
      env,
    });
    onTestFinished(async () => void (await opa.kill()));
    await eventually(() => expect(opa.stderr.join('\n')).toContain(missing), { within: 15_000 });
  },
);

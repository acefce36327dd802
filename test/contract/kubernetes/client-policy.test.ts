import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { freeAddress } from '../../support/ports.js';
import { get, post } from '../policies/data-api.js';
import { attemptToServe, folder, serve } from '../serve/serve.js';
import { type FaultyApiServer, json, startFaultyApiServer } from './api-server.js';

const policies = fileURLToPath(new URL('../../../policies', import.meta.url));
const client = join(policies, 'lib/kubernetes/api/client.rego');
const example = join(policies, 'examples/owner_label.rego');

const deployment = { kind: 'Deployment', metadata: { name: 'web', namespace: 'shop', labels: { owner: 'ops' } } };
const namespaced = '/apis/apps/v1/namespaces/shop/deployments';

/** What a real API server answers, for the paths of one deployment. */
function startApiServer(): Promise<FaultyApiServer> {
  const answers: Readonly<Record<string, readonly [number, unknown]>> = {
    [`${namespaced}/web`]: [200, deployment],
    [`${namespaced}?labelSelector=app%3Dweb%2Ctier%3Dfront`]: [200, { kind: 'DeploymentList', items: [deployment] }],
    '/apis/apps/v1/deployments': [200, { kind: 'DeploymentList', items: [deployment] }],
    '/api/v1/namespaces/shop/secrets/token': [403, { kind: 'Status', message: 'secrets "token" is forbidden' }],
  };
  const missing = [404, { kind: 'Status', message: 'not found' }] as const;
  return startFaultyApiServer((request, response) => json(response, ...(answers[request.url ?? ''] ?? missing)));
}

/** A real OPA with the library, which asks through the proxy of a real Portcullis, which asks that server. */
async function startChain(api: FaultyApiServer, address: string): Promise<OpaServer> {
  const place = await folder();
  const [ca, token] = [join(place, 'ca.crt'), join(place, 'token')];
  await writeFile(ca, api.ca);
  await writeFile(token, 'the-token');
  const url = address.startsWith('unix://') ? address : `http://${address}`;
  const opa = await startOpa({
    files: [client, example],
    env: { KUBERNETES_API_URL: url, KUBERNETES_API_TIMEOUT: '10s', KUBERNETES_API_CACHE_SECONDS: '600' },
  });
  onTestFinished(() => opa.stop());
  const allow = [{ group: 'apps', resource: 'deployments' }, { resource: 'secrets' }];
  await serve({
    config: {
      engine: { kind: 'opa', opa: { url: opa.url } },
      kubernetes: { api: { url: api.url, ca, token }, proxy: { address, allow } },
    },
  });
  return opa;
}

async function evaluate(opa: OpaServer, call: string): Promise<Record<string, unknown>> {
  const query = `x := data.kubernetes.api.client.${call}`;
  const { result } = (await post(opa, '/v1/query', { query })) as { result: { x: Record<string, unknown> }[] };
  return result[0]?.x ?? {};
}

test.each(['loopback', 'a Unix socket'])('E-10 the library asks through the proxy on %s', async (kind) => {
  const api = await startApiServer();
  const opa = await startChain(api, kind === 'loopback' ? await freeAddress() : `unix://${join(await folder(), 'k')}`);

  const one = await evaluate(opa, 'query_name_ns("deployments", "web", "shop")');
  expect(one).toMatchObject({ ok: true, status_code: 200, body: { metadata: { name: 'web' } } });
  const all = await evaluate(opa, 'query_all("deployments")');
  expect(all).toMatchObject({ body: { items: [{ metadata: { name: 'web' } }] } });
  const some = await evaluate(opa, 'query_label_selector_ns("deployments", {"app": "web", "tier": "front"}, "shop")');
  expect(some).toMatchObject({ body: { items: [{ metadata: { name: 'web' } }] } });
  expect(await evaluate(opa, 'query_name_ns("secrets", "token", "shop")')).toMatchObject({
    ok: false,
    status_code: 403,
    failure: { reason: 'forbidden', message: 'secrets "token" is forbidden' },
  });
  expect(await evaluate(opa, 'query_name_ns("pods", "web-0", "shop")')).toMatchObject({
    failure: { message: 'portcullis: kubernetes.proxy.allow has no rule for: get pods in namespace shop' },
  });
});

test('E-13 the token stands neither in the data of OPA nor in its environment', async () => {
  const api = await startApiServer();
  const opa = await startChain(api, await freeAddress());
  await evaluate(opa, 'query_name_ns("deployments", "web", "shop")');
  expect(api.seen.at(-1)?.headers.authorization).toBe('Bearer the-token');
  expect(JSON.stringify(await get(opa, '/v1/data'))).not.toContain('the-token');
  expect(JSON.stringify(await post(opa, '/v1/query', { query: 'x := opa.runtime()' }))).not.toContain('the-token');
});

test('E-19 E-20 an answer is given again for as long as the cache keeps it', async () => {
  const api = await startApiServer();
  const opa = await startChain(api, await freeAddress());
  for (let times = 0; times < 3; times += 1) await evaluate(opa, 'query_name_ns("deployments", "web", "shop")');
  expect(api.seen).toHaveLength(1);
});

test('E-11 E-12 the owner label is looked up, and denies when it cannot be', async () => {
  const api = await startApiServer();
  const opa = await startChain(api, await freeAddress());
  const attributes = { verb: 'delete', group: 'apps', resource: 'deployments', namespace: 'shop', name: 'web' };
  const ask = (groups: readonly string[], more: object = {}) =>
    post(opa, '/v1/data/examples/owner_label', {
      input: { spec: { user: 'bob', groups, resourceAttributes: { ...attributes, ...more } } },
    });
  expect(await ask(['dev'])).toMatchObject({
    result: { allow: false, deny: ['User bob not in group ops, has {"dev"}'] },
  });
  expect(await ask(['ops'])).toMatchObject({ result: { allow: true, deny: [] } });
  expect(await ask(['ops'], { name: 'gone' })).toMatchObject({
    result: { allow: false, deny: ['The owner of gone is not known: not_found'] },
  });
  await api.stop();
  expect(await ask(['ops'], { name: 'other' })).toMatchObject({
    result: { allow: false, deny: ['The owner of other is not known: unreachable'] },
  });
});

test('without the proxy the library says that nobody answers', async () => {
  const opa = await startOpa({
    files: [client],
    env: { KUBERNETES_API_URL: `http://${await freeAddress()}`, KUBERNETES_API_TIMEOUT: '10s' },
  });
  onTestFinished(() => opa.stop());
  expect(await evaluate(opa, 'query_all("pods")')).toMatchObject({ failure: { reason: 'unreachable' } });
});

test('E-20 a late answer is a timeout', async () => {
  const api = await startFaultyApiServer(() => undefined);
  const place = await folder();
  await writeFile(join(place, 'ca.crt'), api.ca);
  await writeFile(join(place, 'token'), 'the-token');
  const address = await freeAddress();
  const opa = await startOpa({
    files: [client],
    env: { KUBERNETES_API_URL: `http://${address}`, KUBERNETES_API_TIMEOUT: '200ms' },
  });
  onTestFinished(() => opa.stop());
  await serve({
    config: {
      engine: { kind: 'opa', opa: { url: opa.url } },
      kubernetes: {
        api: { url: api.url, ca: join(place, 'ca.crt'), token: join(place, 'token'), timeout: '20s' },
        proxy: { address, allow: [{ resource: 'pods' }] },
      },
    },
  });
  expect(await evaluate(opa, 'query_all("pods")')).toMatchObject({ ok: false, failure: { reason: 'timeout' } });
});

test.each([
  ['token', { token: '/nonexistent/token' }, 'config_unreadable: kubernetes.api.token: /nonexistent/token cannot be'],
  ['authorities', { ca: '/nonexistent/ca.crt' }, 'tls_invalid: kubernetes.api.ca: /nonexistent/ca.crt cannot be read'],
])('a %s file that is missing is an error at start', async (_case, missing, message) => {
  const place = await folder();
  await writeFile(join(place, 'token'), 'the-token');
  const attempt = await attemptToServe({
    engine: { kind: 'opa' },
    kubernetes: {
      api: { token: join(place, 'token'), ...missing },
      proxy: { address: await freeAddress(), allow: [{ resource: 'pods' }] },
    },
  });
  expect(attempt.code).toBe(1);
  expect(attempt.stderr).toContain(message);
});

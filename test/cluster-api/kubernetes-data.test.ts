import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { kubectl } from '../cluster/support/kubectl.js';
import { post } from '../contract/policies/data-api.js';
import { client, httpCheck, outcome } from '../contract/serve/check-call.js';
import { folder, serve } from '../contract/serve/serve.js';
import { eventually } from '../support/eventually.js';
import { type OpaServer, startOpa } from '../support/opa-server.js';
import { buildBundle } from '../support/policy-bundle.js';
import { repository } from '../support/portcullis-server.js';
import { realApi, type TestNamespace, testNamespace, type Way, wayTo } from './real-api.js';
import { reportRun } from './report.js';

reportRun('docs/deployment/cluster-kubernetes-data.md');

const library = join(repository, 'policies/lib/kubernetes/api/client.rego');
const example = join(repository, 'policies/examples/owner_label.rego');
const name = 'opa-kubernetes-api-client';
const patience = { within: 60_000, every: 100 };

let api: { readonly url: string; readonly ca: string };
let namespace: TestNamespace;

beforeAll(async () => {
  api = await realApi();
  namespace = await testNamespace();
  await namespace.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name, owner: 'ops' } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'none:1' }] } },
    },
  });
  await namespace.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'held' } });
});
afterAll(() => namespace.remove());

interface Place {
  readonly way: Way;
  readonly keys: { readonly url: string; readonly ca: string; readonly token: string };
}

async function place(token?: string): Promise<Place> {
  const way = await wayTo(api.url);
  onTestFinished(() => way.close());
  const files = await folder();
  const [ca, tokenFile] = [join(files, 'ca.crt'), join(files, 'token')];
  await writeFile(ca, api.ca);
  await writeFile(tokenFile, token ?? (await namespace.token()));
  return { way, keys: { url: way.url, ca, token: tokenFile } };
}

/** OPA with the library and the example, asking through Portcullis. Answers are not kept, to see those of now. */
async function startAsking({ keys }: Place): Promise<OpaServer> {
  const address = `unix://${join(await folder(), 'api.sock')}`;
  const opa = await startOpa({
    files: [library, example],
    env: { KUBERNETES_API_URL: address, KUBERNETES_API_TIMEOUT: '20s', KUBERNETES_API_CACHE_SECONDS: '0' },
  });
  onTestFinished(() => opa.stop());
  const allow = [{ group: 'apps', resource: 'deployments' }, { resource: 'secrets' }, { resource: 'pods' }];
  await serve({
    config: {
      engine: { kind: 'opa', opa: { url: opa.url } },
      kubernetes: { api: { ...keys, timeout: '15s' }, proxy: { address, allow } },
    },
  });
  return opa;
}

async function evaluate(opa: OpaServer, call: string): Promise<Record<string, unknown>> {
  const query = `x := data.kubernetes.api.client.${call}`;
  const { result } = (await post(opa, '/v1/query', { query })) as { result?: { x: Record<string, unknown> }[] };
  return result?.[0]?.x ?? {};
}

const one = () => `query_name_ns("deployments", "${name}", "${namespace.name}")`;

test('E-10 by name, by label and all of a namespace, through the proxy', async () => {
  const opa = await startAsking(await place());
  expect(await evaluate(opa, one())).toMatchObject({ ok: true, body: { metadata: { name } } });
  const labelled = `query_label_selector_ns("deployments", {"app": "${name}"}, "${namespace.name}")`;
  for (const call of [labelled, `query_ns("deployments", "${namespace.name}")`]) {
    expect(await evaluate(opa, call)).toMatchObject({ ok: true, body: { items: [{ metadata: { name } }] } });
  }
  const other = `query_label_selector_ns("deployments", {"app": "other"}, "${namespace.name}")`;
  expect(await evaluate(opa, other)).toMatchObject({ ok: true, body: { items: [] } });
  expect(await evaluate(opa, `query_name_ns("deployments", "gone", "${namespace.name}")`)).toMatchObject({
    ok: false,
    failure: { reason: 'not_found' },
  });
});

test('E-11 E-12 who is not in the group of the owner label is denied', async () => {
  const opa = await startAsking(await place());
  const resourceAttributes = {
    verb: 'delete',
    group: 'apps',
    resource: 'deployments',
    namespace: namespace.name,
    name,
  };
  const ask = (groups: readonly string[]) =>
    post(opa, '/v1/data/examples/owner_label', { input: { spec: { user: 'bob', groups, resourceAttributes } } });
  expect(await ask(['dev'])).toMatchObject({
    result: { allow: false, deny: ['User bob not in group ops, has {"dev"}'] },
  });
  expect(await ask(['ops'])).toMatchObject({ result: { allow: true } });
});

test('E-15 E-16 what the Role does not grant is forbidden: another resource, another namespace, the cluster', async () => {
  const opa = await startAsking(await place());
  for (const call of [
    `query_name_ns("secrets", "held", "${namespace.name}")`,
    `query_ns("pods", "${namespace.name}")`,
    'query_ns("deployments", "kube-system")',
    'query_all("deployments")',
  ]) {
    expect(await evaluate(opa, call), call).toMatchObject({
      ok: false,
      status_code: 403,
      failure: { reason: 'forbidden', message: expect.stringContaining('cannot') },
    });
  }
});

test('E-13 a token that is no longer valid is unauthorized, and a renewed one is used at once', async () => {
  await namespace.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bound' } });
  const spent = await namespace.token('bound');
  await kubectl(['delete', 'secret', 'bound', '--namespace', namespace.name]);
  const asking = await place(spent);
  const opa = await startAsking(asking);
  expect(await evaluate(opa, one())).toMatchObject({ status_code: 401, failure: { reason: 'unauthorized' } });
  await writeFile(`${asking.keys.token}.next`, await namespace.token());
  await rename(`${asking.keys.token}.next`, asking.keys.token);
  expect(await evaluate(opa, one())).toMatchObject({ ok: true });
});

test('E-08 while the API server is down it is unreachable, and the owner policy denies', async () => {
  const asking = await place();
  const opa = await startAsking(asking);
  asking.way.cut();
  expect(await evaluate(opa, one())).toMatchObject({ ok: false, failure: { reason: 'unreachable' } });
  const resourceAttributes = {
    verb: 'delete',
    group: 'apps',
    resource: 'deployments',
    namespace: namespace.name,
    name,
  };
  expect(
    await post(opa, '/v1/data/examples/owner_label', {
      input: { spec: { user: 'bob', groups: ['ops'], resourceAttributes } },
    }),
  ).toMatchObject({ result: { allow: false } });
  asking.way.mend();
  expect(await evaluate(opa, one())).toMatchObject({ ok: true });
});

test.each(['wasm', 'opa'])(
  'E-19 watched objects: a change is seen, a stale cache denies, the feed recovers: engine %s',
  async (kind) => {
    const rego = `package shop

default allow := false

allow if data.kubernetes.deployments["${namespace.name}"]["${name}"].metadata.labels.owner == "ops"
`;
    const watching = await place();
    const policy = join(await folder(), 'policy.rego');
    await writeFile(policy, rego);
    const opa = kind === 'opa' ? await startOpa({ files: [policy] }) : undefined;
    onTestFinished(async () => void (await opa?.stop()));
    const engine =
      opa === undefined
        ? { wasm: { bundle: await buildBundle({ rego, entrypoints: ['shop/allow'] }) } }
        : { opa: { url: opa.url } };
    const { grpcAddress } = await serve({
      config: {
        engine: { kind, timeout: '10s', paths: [{ path: 'shop/allow' }], ...engine },
        kubernetes: {
          api: watching.keys,
          feed: {
            resources: [{ group: 'apps', resource: 'deployments', namespaces: [namespace.name] }],
            refresh: '2s',
            max_staleness: '8s',
          },
        },
      },
    });
    const grpc = client(grpcAddress);
    const become = (expected: string) =>
      eventually(
        async () => expect(await outcome(grpc, httpCheck({ method: 'GET', path: '/' }))).toBe(expected),
        patience,
      );
    const label = (owner: string) =>
      kubectl(['label', 'deployment', name, `owner=${owner}`, '--overwrite', '--namespace', namespace.name]);

    await become('allow');
    await label('dev');
    await become('deny Forbidden');
    await label('ops');
    await become('allow');
    watching.way.cut();
    await become('deny InternalServerError');
    watching.way.mend();
    await become('allow');
  },
  180_000,
);

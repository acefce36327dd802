import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually } from '../support/eventually.js';
import { send } from '../support/http.js';
import { buildBundle } from '../support/policy-bundle.js';
import { repository } from '../support/portcullis-server.js';
import { kubectlOutcome } from './support/kubectl.js';
import { Release } from './support/release.js';

// The whole way in one Pod: Envoy asks Portcullis, Portcullis asks OPA, the policy asks the API server through the
// proxy of Portcullis, which has the token that the kubelet renews.

const patient = { within: 120_000, every: 250 };
const release = new Release('k8s/overlays/dev');
/** Who is checked and passes is unknown to the backend: 404. */
const [passed, denied] = [404, 401];
let url: string;

const policy = `package envoy.authz

import data.kubernetes.api.client

default allow := false

allow if {
	[resource, name] := input.parsed_path
	answer := client.query_name_ns(resource, name, "${release.namespace}")
	answer.ok
	answer.body.metadata.labels.owner == "ops"
}
`;

const statusOf = async (path: string) => (await send(url, path)).status;
const become = (path: string, status: number) =>
  eventually(async () => expect(await statusOf(path)).toBe(status), patient);

beforeAll(async () => {
  const library = await readFile(join(repository, 'policies/lib/kubernetes/api/client.rego'), 'utf8');
  const rego = { 'client.rego': library, 'policy.rego': policy };
  const bundle = await buildBundle({ rego, entrypoints: ['envoy/authz/allow'], target: 'rego' });
  const base = parse(await readFile(join(repository, 'k8s/base/config/portcullis.yaml'), 'utf8'));
  const allow = [{ group: 'apps', resource: 'deployments' }, { resource: 'secrets' }];
  const config = {
    ...base,
    engine: { ...base.engine, timeout: '2s', paths: [{ path: 'envoy/authz/allow', shape: 'envoy' }] },
    kubernetes: { proxy: { address: 'unix:///run/kubernetes/api.sock', allow } },
  };
  const configMapGenerator = [
    { name: 'portcullis', behavior: 'replace', files: ['portcullis.yaml'] },
    { name: 'policies', behavior: 'replace', files: ['gateway.tar.gz'] },
  ];
  const files = { 'portcullis.yaml': stringify(config), 'gateway.tar.gz': await readFile(bundle) };
  await release.apply({ configMapGenerator }, files, ['k8s/components/kubernetes-client']);
  await release.kubectl(['create', 'secret', 'generic', 'held', '--from-literal=a=b']);
  await release.kubectl(['label', 'secret', 'held', 'owner=ops']);
  await release.rolledOut('backend');
  url = await release.address('backend');
}, 360_000);
afterAll(() => release.remove(), 180_000);

test('E-13 E-14 E-15 a policy in the Pod reads what its Role grants, by the token that the kubelet gave to Portcullis', async () => {
  await become('/deployments/backend', denied);
  await release.kubectl(['label', 'deployment', 'backend', 'owner=ops']);
  await become('/deployments/backend', passed);
  expect(await statusOf('/deployments/none')).toBe(denied);
}, 300_000);

test('E-15 what the Role does not grant is not there for the policy, whatever it says', async () => {
  expect(await statusOf('/secrets/held')).toBe(denied);
});

test.each(['opa', 'envoy', 'backend'])('E-14 the container %s has no token', async (container) => {
  const [pod] = await release.pods('backend');
  const look = ['exec', pod?.metadata.name ?? '', '--container', container, '--'];
  const file = '/var/run/secrets/kubernetes.io/serviceaccount/token';
  // OPA's image has no other program than OPA, which can read files too.
  const command = container === 'opa' ? ['/opa', 'eval', '--data', file, 'true'] : ['cat', file];
  const { code, stderr } = await kubectlOutcome(['--namespace', release.namespace, ...look, ...command]);
  expect([code === 0, stderr]).toEqual([false, expect.stringMatching(/no such file|command terminated/i)]);
});

test('E-16 without its binding nobody is let through', async () => {
  await release.kubectl(['delete', 'rolebinding', 'portcullis-kubernetes-client']);
  // As soon as what OPA keeps of an answer is old.
  await become('/deployments/backend', denied);
}, 180_000);

import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { regoBundle } from '../../scripts/policies/gateway.js';
import { as } from '../e2e/callers.js';
import { eventually } from '../support/eventually.js';
import { send } from '../support/http.js';
import { repository } from '../support/portcullis-server.js';
import { temporaryFolder } from '../support/process.js';
import { requestCases, requestOf } from '../support/request-rows.js';
import { canConnect, clientPod } from './support/client-pod.js';
import { crash } from './support/crash.js';
import { kubectl, kubectlOutcome } from './support/kubectl.js';
import { startLoad } from './support/load.js';
import { containersOf, isReady, Release } from './support/release.js';

const patient = { within: 120_000, every: 250 };
const anonymousWrite = ['/v1/admin/users/testuser', { method: 'POST' }] as const;
const throughTheService = requestCases.filter(({ ids }) => /A-1[0-3]|C-2[0-8]/.test(ids));

/** `checkers`: whose Pods hold Portcullis. */
const shapes = [
  { shape: 'sidecar', overlay: 'k8s/overlays/dev', checkers: 'backend' },
  { shape: 'central', overlay: 'k8s/overlays/dev-central', checkers: 'portcullis' },
] as const;

describe.each(shapes)('$shape shape', ({ overlay, checkers }) => {
  const release = new Release(overlay);
  const deployments = new Set(['backend', checkers]);
  const twoReplicas = { replicas: [...deployments].map((name) => ({ name, count: 2 })) };
  let url: string;
  let applied: string;

  const statusOf = (...[path, request]: Parameters<typeof send> extends [string, ...infer Rest] ? Rest : never) =>
    send(url, path, request).then(
      ({ status }) => status,
      () => 'refused' as const,
    );
  const allRolledOut = async () => {
    for (const name of deployments) await release.rolledOut(name);
  };
  const allReady = () =>
    eventually(async () => {
      for (const name of deployments) {
        const pods = await release.pods(name);
        expect([name, pods.length, pods.filter(isReady).length]).toEqual([name, 2, 2]);
      }
    }, patient);

  beforeAll(async () => {
    applied = (await release.apply(twoReplicas)).stderr;
    await allRolledOut();
    url = await release.address('backend');
    // An Envoy that started before there was a Portcullis looks for it again within seconds.
    await eventually(async () => expect(await statusOf(...anonymousWrite)).toBe(401), patient);
  }, 360_000);
  afterAll(() => release.remove(), 180_000);
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') process.stderr.write(await release.refusals());
  });

  test('A-91 the Pod Security level `restricted` accepts every Pod, without a warning', async () => {
    const label = 'jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}';
    expect(await kubectl(['get', 'namespace', release.namespace, '--output', label])).toBe('restricted');
    expect(applied).toBe('');
  });

  test('A-80 A-82 every container started, in order, and is ready', async () => {
    for (const name of deployments)
      for (const pod of await release.pods(name))
        expect(containersOf(pod).map((container) => [container.name, container.ready])).toEqual(
          containersOf(pod).map((container) => [container.name, true]),
        );
  });

  test.each(throughTheService)('$ids $method $path by $person is $code', async ({ code, ...request }) => {
    expect((await send(url, request.path, requestOf({ ...request, code }))).status).toBe(code);
  });

  test('A-86 A-88 B-46 the NetworkPolicy opens Envoy alone', async () => {
    const other = `${release.namespace}-other`;
    onTestFinished(async () => {
      await kubectl(['delete', 'namespace', other, '--wait=false']);
    });
    await kubectl(['create', 'namespace', other]);
    await kubectl(['apply', '--filename', '-'], JSON.stringify(clientPod(other)));
    await kubectl(['--namespace', other, 'wait', '--for=condition=Ready', 'pod/client', '--timeout=120s']);
    const client = { namespace: other, pod: 'client', container: 'client' };
    const [pod] = await release.pods('backend');
    const ip = pod?.status.podIP ?? '';
    expect(await canConnect(client, ip, 8080)).toBe('open');
    for (const port of [8081, 8181, 8282, 9090, 9191, 9901, 9902]) {
      expect([port, await canConnect(client, ip, port)]).toEqual([port, 'closed']);
    }
    // And nothing leaves: not to the client's Pod, not to the API server.
    const backend = { namespace: release.namespace, pod: pod?.metadata.name ?? '', container: 'backend' };
    expect(await canConnect(backend, await kubernetesAddress(), 443)).toBe('closed');
  });

  test('a killed sidecar comes back; meanwhile nobody is let through who should not be, and the backend runs on', async () => {
    for (const name of deployments) {
      const [pod] = await release.pods(name);
      for (const status of pod === undefined ? [] : containersOf(pod).filter((one) => one.name !== 'backend')) {
        const seen = new Set<number | 'refused'>();
        await crash(status);
        await eventually(async () => {
          seen.add(await statusOf(...anonymousWrite));
          const now = (await release.pods(name)).find(({ metadata }) => metadata.uid === pod?.metadata.uid);
          const container = now === undefined ? undefined : containersOf(now).find((one) => one.name === status.name);
          expect([status.name, container?.restartCount, container?.ready]).toEqual([status.name, 1, true]);
        }, patient);
        await allReady();
        for (const status of seen) expect([401, 503, 'refused']).toContain(status);
      }
      const after = (await release.pods(name)).find(({ metadata }) => metadata.uid === pod?.metadata.uid);
      const restarts = (after === undefined ? [] : containersOf(after)).map((one) => [one.name, one.restartCount]);
      expect(restarts).toEqual(restarts.map(([container]) => [container, container === 'backend' ? 0 : 1]));
    }
    expect(await statusOf(...anonymousWrite)).toBe(401);
  }, 300_000);

  test('A-87 a changed policy is rolled out under load without a failed request', async () => {
    const folder = await temporaryFolder();
    onTestFinished(() => folder.remove());
    await cp(join(repository, 'policies'), folder.path, { recursive: true });
    const source = join(folder.path, 'demo', 'authz.rego');
    await writeFile(source, (await readFile(source, 'utf8')).replace('"alice"', '"kelly"'));
    expect(await statusOf('/demo', { headers: as('kelly') })).toBe(403);

    const load = startLoad(url);
    const policies = { name: 'policies', behavior: 'replace', files: ['gateway.tar.gz'] };
    const files = { 'gateway.tar.gz': await regoBundle(folder.path) };
    await release.apply({ ...twoReplicas, configMapGenerator: [policies] }, files);
    await allRolledOut();
    await eventually(async () => expect((await release.pods(checkers)).length).toBe(2), patient);
    const { sent, failures } = await load.stop();
    expect(failures).toEqual({});
    expect(sent).toBeGreaterThan(100);
    // Pods that are about to end answer by their policy as long as an Envoy knows them.
    await eventually(async () => expect(await statusOf('/demo', { headers: as('kelly') })).toBe(200), patient);
    await eventually(async () => expect(await statusOf('/demo', { headers: as('alice') })).toBe(403), patient);

    await release.apply(twoReplicas);
    await allRolledOut();
    await eventually(async () => expect(await statusOf('/demo', { headers: as('kelly') })).toBe(403), patient);
  }, 400_000);

  test('Pods are evicted one by one, as the disruption budget says, without a failed request', async () => {
    await allReady();
    const load = startLoad(url);
    for (const name of deployments) {
      const [first, second] = await release.pods(name);
      expect(await evict(release.namespace, first?.metadata.name ?? '')).toMatch(/Success/);
      expect(await evict(release.namespace, second?.metadata.name ?? '')).toMatch(/disruption budget/);
      await allReady();
      expect(await evict(release.namespace, second?.metadata.name ?? '')).toMatch(/Success/);
      await allReady();
    }
    expect((await load.stop()).failures).toEqual({});
  }, 400_000);

  test('the image is upgraded under load without a failed request', async () => {
    const load = startLoad(url);
    await release.apply({ ...twoReplicas, images: [{ name: 'portcullis', newTag: 'next' }] });
    await allRolledOut();
    await eventually(async () => expect(await imagesOf(checkers)).toEqual(['portcullis:next']), patient);
    const { sent, failures } = await load.stop();
    expect(failures).toEqual({});
    expect(sent).toBeGreaterThan(100);
  }, 400_000);

  async function imagesOf(name: string): Promise<readonly string[]> {
    const images = 'jsonpath={.items[*].spec.initContainers[*].image} {.items[*].spec.containers[*].image}';
    const selector = `app.kubernetes.io/name=${name}`;
    const text = await release.kubectl(['get', 'pods', '--selector', selector, '--output', images]);
    return [...new Set(text.split(' ').filter((image) => image.startsWith('portcullis:')))];
  }
});

async function kubernetesAddress(): Promise<string> {
  return kubectl(['--namespace', 'default', 'get', 'service', 'kubernetes', '--output', 'jsonpath={.spec.clusterIP}']);
}

/** What the API server says to an eviction, which is what draining a node asks for. */
async function evict(namespace: string, name: string): Promise<string> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const { stdout, stderr } = await kubectlOutcome(['create', '--raw', path, '--filename', '-'], JSON.stringify(body));
  return stdout + stderr;
}

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findTool } from '../../scripts/tools/find-tool.js';
import { runCommand } from '../../scripts/tools/run-command.js';
import { repository } from '../support/portcullis-server.js';
import { type KubernetesObject, objectsIn, renderKustomize } from './support/render.js';
import { schemaErrors } from './support/schemas.js';

const chart = join(repository, 'k8s', 'chart');
const helm = await findTool('helm');

async function template(...settings: readonly string[]): Promise<readonly KubernetesObject[]> {
  const { code, stdout, stderr } = await runCommand(helm, ['template', 'release', chart, ...settings]);
  if (code !== 0) throw new Error(stderr);
  return objectsIn(stdout);
}

const hash = /-[a-z0-9]{10}$/;
const helmsOwn = ['app.kubernetes.io/managed-by', 'app.kubernetes.io/instance', 'helm.sh/chart'];

/** What both ways must agree on: all but hashes in names, the order of volumes, line breaks, the namespace and Helm's labels. */
function comparable(objects: readonly KubernetesObject[]): Readonly<Record<string, unknown>> {
  const kept = objects.filter(({ kind, metadata }) => kind !== 'Namespace' && !isHook(metadata));
  return Object.fromEntries(
    kept.map((object) => [
      `${object.kind}/${object.metadata.name.replace(hash, '')}`,
      JSON.parse(
        JSON.stringify(object, (key, value) => {
          if (key === 'labels') return withoutHelms(value);
          if (key === 'namespace') return undefined;
          if (key === 'name' && typeof value === 'string') return value.replace(hash, '');
          if (key === 'volumes') return [...value].sort((one, other) => one.name.localeCompare(other.name));
          return key === 'gateway.tar.gz' ? value.replace(/\s/g, '') : value;
        }),
      ),
    ]),
  );
}

function isHook(metadata: { readonly annotations?: Readonly<Record<string, string>> }): boolean {
  return metadata.annotations?.['helm.sh/hook'] !== undefined;
}

function withoutHelms(labels: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !helmsOwn.includes(name)));
}

describe('k8s/chart renders what kustomize does', () => {
  test.each([
    ['base', [], []],
    ['overlays/service', [], ['shape=service']],
    ['base', ['components/monitoring'], ['monitoring.enabled=true']],
    ['overlays/service', ['components/demo-tokens'], ['shape=service', 'tokens.demo=true']],
  ])('%s %s', async (folder, components, values) => {
    const settings = values.flatMap((value) => ['--set', value]);
    expect(comparable(await template(...settings))).toEqual(comparable(await renderKustomize(folder, components)));
  });
});

test('helm lint --strict has nothing to say', async () => {
  const { code, stdout } = await runCommand(helm, ['lint', '--strict', chart]);
  expect([code, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
});

test('every object, that of `helm test` too, is as its API says', async () => {
  for (const object of await template('--set', 'monitoring.enabled=true'))
    expect([object.metadata.name, await schemaErrors(object)]).toEqual([object.metadata.name, []]);
});

test.each([
  ['an unknown value', 'imagess.opa.tag=1'],
  ['a tag that moves', 'images.opa.tag=latest'],
  ['a digest that is none', 'images.opa.digest=sha256:abc'],
  ['another shape', 'shape=daemon'],
])('%s is refused', async (_, value) => {
  await expect(template('--set', value)).rejects.toThrow(/values don't meet the specifications|not allowed|failed/);
});

test('values reach the objects', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const values = [`images.opa.digest=${digest}`, 'autoscaling.enabled=false', 'replicas=5', 'config.portcullis=x'];
  const objects = await template(...values.flatMap((value) => ['--set', value]));
  const find = (kind: string) => objects.filter((object) => object.kind === kind);
  const containers = [{ image: `openpolicyagent/opa@${digest}` }, { name: 'portcullis' }, { name: 'envoy' }];
  expect(find('Deployment')[0]?.spec).toMatchObject({
    replicas: 5,
    template: { spec: { initContainers: containers } },
  });
  expect(find('HorizontalPodAutoscaler')).toEqual([]);
  expect(find('ConfigMap').map(({ data }) => data)).toContainEqual({ 'portcullis.yaml': 'x' });
});

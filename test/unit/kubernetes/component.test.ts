import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const k8s = fileURLToPath(new URL('../../../k8s/', import.meta.url));
const component = `${k8s}components/kubernetes-client/`;

// As kustomize reads it: 0440 is octal.
const read = async (file: string): Promise<unknown> => parse(await readFile(file, 'utf8'), { version: '1.1' });

interface PodPatch {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly initContainers: readonly {
          readonly name: string;
          readonly volumeMounts: readonly { name: string }[];
        }[];
        readonly volumes: readonly { readonly name: string; readonly projected?: unknown }[];
      };
    };
  };
}

test('E-14 the token is projected for Portcullis alone, expires, and comes with the authorities of the cluster', async () => {
  const account = await read(`${k8s}base/service-account.yaml`);
  expect(account).toMatchObject({ automountServiceAccountToken: false, metadata: { name: 'backend' } });
  const { spec } = ((await read(`${component}token.yaml`)) as PodPatch).spec.template;
  const mounting = spec.initContainers.filter(({ volumeMounts }) =>
    volumeMounts.some(({ name }) => name === 'kubernetes-token'),
  );
  expect(mounting.map(({ name }) => name)).toEqual(['portcullis']);
  expect(spec.volumes.find(({ name }) => name === 'kubernetes-token')?.projected).toEqual({
    defaultMode: 0o440,
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    ],
  });
});

test('E-15 E-16 the rights are those of a Role: to look, at what is named, in one namespace', async () => {
  expect(await read(`${component}role.yaml`)).toMatchObject({
    kind: 'Role',
    rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] }],
  });
  expect(await read(`${component}role-binding.yaml`)).toMatchObject({
    kind: 'RoleBinding',
    roleRef: { kind: 'Role', name: 'portcullis-kubernetes-client' },
    subjects: [{ kind: 'ServiceAccount', name: 'backend' }],
  });
});

test('E-17 no Service and no Ingress leads to OPA', async () => {
  const files = (await readdir(k8s, { recursive: true })).filter((file) => file.endsWith('.yaml'));
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(`${k8s}${file}`, 'utf8'))) {
      const object = document.toJSON() as { kind?: string } | null;
      const leads = ['Service', 'Ingress', 'HTTPRoute'].includes(object?.kind ?? '');
      if (leads) expect(JSON.stringify(object), file).not.toMatch(/8181|"opa"/);
    }
  }
});

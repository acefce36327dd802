import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { kubectl } from '../cluster/support/kubectl.js';
import { repository } from '../support/portcullis-server.js';

interface KubeConfigView {
  readonly clusters: readonly { readonly cluster: { server: string; 'certificate-authority-data'?: string } }[];
}

/** The API server that KUBECONFIG names, and how to trust it. */
export async function realApi(): Promise<{ readonly url: string; readonly ca: string }> {
  const view = JSON.parse(
    await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '--output', 'json']),
  ) as KubeConfigView;
  const cluster = view.clusters[0]?.cluster;
  const data = cluster?.['certificate-authority-data'];
  if (cluster === undefined || data === undefined) throw new Error('KUBECONFIG names no cluster with an authority');
  return { url: cluster.server, ca: Buffer.from(data, 'base64').toString('utf8') };
}

export interface TestNamespace {
  readonly name: string;
  apply(object: object): Promise<void>;
  /** A token of the service account that the component gives its rights to; bound to that Secret, if one is named. */
  token(boundTo?: string): Promise<string>;
  remove(): Promise<void>;
}

/** A namespace of its own with the rights of `k8s/components/kubernetes-client`. */
export async function testNamespace(): Promise<TestNamespace> {
  const name = `portcullis-kube-test-${randomBytes(4).toString('hex')}`;
  await kubectl(['create', 'namespace', name]);
  const apply = async (text: string) => void (await kubectl(['apply', '--namespace', name, '--filename', '-'], text));
  await apply(JSON.stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'backend' } }));
  for (const file of ['role.yaml', 'role-binding.yaml']) {
    await apply(await readFile(join(repository, 'k8s/components/kubernetes-client', file), 'utf8'));
  }
  return {
    name,
    apply: (object) => apply(JSON.stringify(object)),
    token: async (boundTo) => {
      const bound = boundTo === undefined ? [] : ['--bound-object-kind', 'Secret', '--bound-object-name', boundTo];
      return (await kubectl(['create', 'token', 'backend', '--namespace', name, '--duration', '10m', ...bound])).trim();
    },
    remove: async () => void (await kubectl(['delete', 'namespace', name, '--wait=false'])),
  };
}

/** The way to the API server, which can be cut: others use the same server. */
export interface Way {
  readonly url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function wayTo(url: string): Promise<Way> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect({ host: hostname, port: Number(port || 443) });
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(one);
      one.pipe(other);
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    whole = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => {
      whole = true;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

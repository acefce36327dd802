import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { repository } from '../../support/portcullis-server.js';
import { kubectl, kubectlOutcome, type Spoken } from './kubectl.js';

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly initContainers?: readonly { readonly name: string; readonly image: string }[] };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly ready: boolean;
}

/** An overlay of this repository under a namespace of its own. */
export class Release {
  readonly namespace = `portcullis-deploy-${randomBytes(3).toString('hex')}`;
  readonly #overlay: string;
  #folder = '';

  constructor(overlay: string) {
    this.#overlay = overlay;
  }

  /**
   * Applies the overlay, changed as `more` says in the words of kustomize, with `files` beside it.
   *
   * @param components put to it, as paths in the repository
   */
  async apply(
    more: object = {},
    files: Readonly<Record<string, Uint8Array | string>> = {},
    components: readonly string[] = [],
  ): Promise<Spoken> {
    if (this.#folder === '') this.#folder = await mkdtemp(join(tmpdir(), 'portcullis-overlay-'));
    const inRepository = (path: string) => relative(this.#folder, join(repository, path));
    for (const [name, content] of Object.entries(files)) await writeFile(join(this.#folder, name), content);
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: this.namespace,
      resources: [inRepository(this.#overlay)],
      components: components.map(inRepository),
      ...more,
    };
    await writeFile(join(this.#folder, 'kustomization.yaml'), stringify(kustomization));
    const outcome = await kubectlOutcome(['apply', '--kustomize', this.#folder]);
    if (outcome.code !== 0) throw new Error(`kubectl apply: ${outcome.stderr}`);
    return outcome;
  }

  /** Waits until all Pods of a Deployment are new and ready. */
  async rolledOut(deployment: string): Promise<void> {
    await this.kubectl(['rollout', 'status', `deployment/${deployment}`, '--timeout=300s']);
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return kubectl(['--namespace', this.namespace, ...args], input);
  }

  /** Of a Service, from inside the cluster or from its nodes. */
  async address(service: string): Promise<string> {
    const ip = await this.kubectl(['get', 'service', service, '--output', 'jsonpath={.spec.clusterIP}']);
    return `http://${ip}:80`;
  }

  /** Those that are not about to end. */
  async pods(name: string): Promise<readonly Pod[]> {
    const selector = `app.kubernetes.io/name=${name}`;
    const text = await this.kubectl(['get', 'pods', '--selector', selector, '--output', 'json']);
    const { items } = JSON.parse(text) as { items: readonly Pod[] };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** What the Envoys logged of requests that they answered with 503, for a test that failed. */
  async refusals(): Promise<string> {
    const of = ['--selector', 'app.kubernetes.io/name=backend', '--container', 'envoy', '--since', '3m'];
    const lines = (await this.kubectl(['logs', ...of]))
      .split('\n')
      .filter((line) => /"status":503/.test(line) && !/readiness/.test(line));
    return `${lines.slice(0, 10).join('\n')}\n`;
  }

  async remove(): Promise<void> {
    await kubectl(['delete', 'namespace', this.namespace, '--ignore-not-found', '--timeout=120s']);
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true });
  }
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

export function containersOf({ status }: Pod): readonly ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

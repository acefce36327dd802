import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { runCommand } from '../../../scripts/tools/run-command.js';
import { repository } from '../../support/portcullis-server.js';

/** As in the overlays. */
const commonLabels = { 'app.kubernetes.io/part-of': 'portcullis', 'app.kubernetes.io/version': '0.1.0' };

const kubectl = findTool('kubectl');

/** A Kubernetes object, as far as the tests look into it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

/** What `kubectl apply -k` would send of a folder below `k8s/`, with components put to it. */
export async function renderKustomize(
  folder: string,
  components: readonly string[] = [],
): Promise<readonly KubernetesObject[]> {
  if (components.length === 0) return rendered(join(repository, 'k8s', folder));
  const own = await mkdtemp(join(tmpdir(), 'portcullis-render-'));
  try {
    const below = (name: string) => relative(own, join(repository, 'k8s', name));
    const labels = [{ pairs: commonLabels, includeTemplates: true }];
    const kustomization = {
      namespace: 'portcullis',
      labels,
      resources: [below(folder)],
      components: components.map(below),
    };
    await writeFile(join(own, 'kustomization.yaml'), stringify(kustomization));
    return await rendered(own);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function rendered(folder: string): Promise<readonly KubernetesObject[]> {
  const { code, stdout, stderr } = await runCommand(await kubectl, ['kustomize', folder]);
  // A warning is about something that will stop working.
  if (code !== 0 || stderr !== '') throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
  return objectsIn(stdout);
}

/** The objects of a YAML stream. */
export function objectsIn(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

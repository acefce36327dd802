import { eventually } from '../support/eventually.js';
import { kubectl } from './support/kubectl.js';

/** What the Pods run. `portcullis:next` is the image that an upgrade leads to: the same under another name will do. */
const images = [
  'portcullis:0.1.0',
  'portcullis:next',
  'portcullis-demo:0.1.0',
  'envoyproxy/envoy:v1.40.0',
  'openpolicyagent/opa:1.22.2-static',
];

interface NodeList {
  readonly items: readonly {
    readonly status: { readonly images?: readonly { readonly names: readonly string[] }[] };
  }[];
}

/** These tests run Pods on a real cluster, and say what is missing where they cannot. */
export async function setup(): Promise<void> {
  if ((process.env['KUBECONFIG'] ?? '') === '')
    throw new Error('npm run test:cluster makes and deletes namespaces. Name the cluster to use in KUBECONFIG.');
  // A node tells of new images only now and then.
  await eventually(checkImages, { within: 90_000, every: 3_000 });
}

async function checkImages(): Promise<void> {
  const nodes = JSON.parse(await kubectl(['get', 'nodes', '--output', 'json'])) as NodeList;
  const there = nodes.items.flatMap(({ status }) => status.images ?? []).flatMap(({ names }) => names);
  const missing = images.filter((image) => !there.some((name) => name === image || name.endsWith(`/${image}`)));
  if (missing.length > 0)
    throw new Error(
      `The cluster lacks the images ${missing.join(', ')}. docs/deployment/kubernetes.md says how to load them.`,
    );
}

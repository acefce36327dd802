import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvoyConfig } from '../../../scripts/demo/envoy-config.js';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { runCommand } from '../../../scripts/tools/run-command.js';
import { temporaryFolder } from '../../support/process.js';
import type { KubernetesObject } from './render.js';

type Fields = Readonly<Record<string, unknown>>;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

/** What Envoy Gateway makes of objects. */
export interface Translation {
  /** What it would send to its Envoys, as a file for one: routes and endpoints are put into what names them. */
  readonly config: EnvoyConfig;
  /** What it would say of each object, by `Kind/name`. */
  readonly conditions: Readonly<Record<string, readonly Condition[]>>;
}

/** What stands in a cluster beside the objects of a user. */
const gatewayClass = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'envoy-gateway' },
  spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
};

/** What it understands; a translation fails at others. */
const understood = /^(v1\/(Service|ConfigMap)|gateway\.(networking\.k8s|envoyproxy)\.io\/.*)$/;

/**
 * Lets `egctl`, which is Envoy Gateway without a cluster, translate objects.
 *
 * @param secrets what Envoy Gateway sends under these names, which `egctl` does not print
 */
export async function translate(
  objects: readonly KubernetesObject[],
  secrets: readonly Fields[] = [],
): Promise<Translation> {
  const relevant = objects.filter(({ apiVersion, kind }) => understood.test(`${apiVersion}/${kind}`));
  const folder = await temporaryFolder();
  try {
    const file = join(folder.path, 'objects.yaml');
    await writeFile(file, [gatewayClass, ...relevant].map((object) => JSON.stringify(object)).join('\n---\n'));
    const args = ['experimental', 'translate', '--from', 'gateway-api', '--to', 'gateway-api,xds'];
    const { code, stdout, stderr } = await runCommand(await findTool('egctl'), [...args, '-o', 'json', '-f', file]);
    if (code !== 0) throw new Error(`egctl: ${stderr}`);
    const { xds, ...reported } = JSON.parse(stdout) as { xds: Record<string, { configs: Dump[] }> };
    const [gateway, ...others] = Object.values(xds);
    if (gateway === undefined || others.length > 0) throw new Error('egctl did not make exactly one gateway');
    return { config: staticConfig(gateway.configs, secrets), conditions: conditionsOf(reported) };
  } finally {
    await folder.remove();
  }
}

/** One kind of resource, as the administration interface of an Envoy shows it. */
interface Dump {
  readonly '@type': string;
  readonly dynamicListeners?: readonly { readonly activeState: { readonly listener: Fields } }[];
  readonly dynamicRouteConfigs?: readonly { readonly routeConfig: Fields }[];
  readonly dynamicActiveClusters?: readonly { readonly cluster: Fields }[];
  readonly dynamicEndpointConfigs?: readonly { readonly endpointConfig: Fields }[];
}

function staticConfig(dumps: readonly Dump[], secrets: readonly Fields[]): EnvoyConfig {
  const routes = dumps.flatMap((dump) => dump.dynamicRouteConfigs ?? []).map((one) => untyped(one.routeConfig));
  const endpoints = dumps
    .flatMap((dump) => dump.dynamicEndpointConfigs ?? [])
    .map((one) => untyped(one.endpointConfig));
  const listeners = dumps
    .flatMap((dump) => dump.dynamicListeners ?? [])
    .map((one) => untyped(one.activeState.listener));
  const clusters = dumps.flatMap((dump) => dump.dynamicActiveClusters ?? []).map((one) => untyped(one.cluster));
  return {
    static_resources: {
      // The other one is for kubelet's probes, on a fixed port.
      listeners: listeners
        .filter(({ name }) => !String(name).includes('-ready-'))
        .map((one) => withoutAccessLog(withRoutes(one, routes))),
      clusters: clusters.map(({ edsClusterConfig, ...cluster }) => ({
        ...withoutConfigSource(cluster),
        type: 'STATIC',
        load_assignment: inSnakeCase(endpoints.find(({ clusterName }) => clusterName === cluster['name'])),
      })),
      secrets,
    },
  } as unknown as EnvoyConfig;
}

/** A resource without the name of its type, which a file does not take. */
function untyped({ '@type': _, ...resource }: Fields): Fields {
  return resource;
}

function withRoutes(listener: Fields, routes: readonly Fields[]): Fields {
  return mapped(listener, ({ rds, ...node }) =>
    rds === undefined
      ? node
      : { ...node, routeConfig: routes.find(({ name }) => name === (rds as Fields)['routeConfigName']) },
  ) as Fields;
}

/** Under a test, standard output is a socket, and no file that Envoy could open. */
function withoutAccessLog(listener: Fields): Fields {
  return mapped(listener, ({ accessLog: _, ...node }) => node) as Fields;
}

/** A secret without a source is one of the file. */
function withoutConfigSource(cluster: Fields): Fields {
  return mapped(cluster, ({ sdsConfig: _, ...node }) => node) as Fields;
}

/** `withAddresses` knows endpoints by the names that they have in the files of this project. */
function inSnakeCase(endpoints: unknown): unknown {
  return mapped(endpoints, (node) =>
    Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`), value]),
    ),
  );
}

/** The same tree with each object in it changed, the innermost first. */
function mapped(tree: unknown, change: (node: Fields) => Fields): unknown {
  if (Array.isArray(tree)) return tree.map((item) => mapped(item, change));
  if (typeof tree !== 'object' || tree === null) return tree;
  return change(Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, mapped(value, change)])));
}

interface Reported {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly listeners?: readonly { readonly conditions: readonly Condition[] }[];
    readonly parents?: readonly { readonly conditions: readonly Condition[] }[];
    readonly ancestors?: readonly { readonly conditions: readonly Condition[] }[];
  };
}

function conditionsOf(reported: Fields): Translation['conditions'] {
  const objects = Object.values(reported).flat() as readonly Reported[];
  return Object.fromEntries(
    objects
      .filter(({ status }) => status !== undefined)
      .map(({ kind, metadata, status = {} }) => {
        const parts = [status, ...(status.listeners ?? []), ...(status.parents ?? []), ...(status.ancestors ?? [])];
        return [`${kind}/${metadata.name}`, parts.flatMap(({ conditions = [] }) => conditions)];
      }),
  );
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { lastLine, runCommand } from '../../../scripts/tools/run-command.js';

/** Where the CustomResourceDefinitions of each API group are: in a Go module, because no other archive carries them. */
const sources: Readonly<Record<string, { readonly module: string; readonly path: string }>> = {
  'security.istio.io': istio('1.31.4'),
  'networking.istio.io': istio('1.31.4'),
  'gateway.networking.k8s.io': { module: 'sigs.k8s.io/gateway-api@v1.6.3', path: 'config/crd/experimental' },
  'gateway.envoyproxy.io': {
    module: 'github.com/envoyproxy/gateway@v1.9.1',
    path: 'charts/gateway-helm/charts/crds/crds/generated',
  },
  'projectcontour.io': { module: 'github.com/projectcontour/contour@v1.33.8', path: 'examples/contour/01-crds.yaml' },
  'getambassador.io': {
    module: 'github.com/emissary-ingress/emissary/v3@v3.9.1',
    path: 'manifests/emissary/emissary-crds.yaml.in',
  },
  'monitoring.coreos.com': {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    path: 'example/prometheus-operator-crd',
  },
};

function istio(version: string) {
  return { module: `istio.io/api@v${version}`, path: 'kubernetes/customresourcedefinitions.gen.yaml' };
}

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema?: { readonly openAPIV3Schema: Schema } }[];
  };
}

type Schema = Readonly<Record<string, unknown>>;

interface Wanted {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const read = new Map<string, Promise<readonly Definition[]>>();

/** The schema of a custom resource as JSON Schema, closed against unknown fields; undefined if none is known. */
export async function customResources({ group, version, kind }: Wanted): Promise<Schema | undefined> {
  const source = sources[group];
  if (source === undefined) return undefined;
  const key = `${source.module} ${source.path}`;
  const definitions = read.get(key) ?? definitionsOf(source);
  read.set(key, definitions);
  const definition = (await definitions).find(({ spec }) => spec.group === group && spec.names.kind === kind);
  const schema = definition?.spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
  if (schema === undefined) return undefined;
  const everyObject = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
  return closed({ ...schema, properties: { ...(schema['properties'] as object), ...everyObject } }) as Schema;
}

async function definitionsOf({ module, path }: { module: string; path: string }): Promise<readonly Definition[]> {
  const download = await runCommand('go', ['mod', 'download', '-json', module]);
  if (download.code !== 0) throw new Error(`${module} cannot be had; install Go. ${lastLine(download)}`);
  const { Dir } = JSON.parse(download.stdout) as { readonly Dir: string };
  const place = join(Dir, path);
  const files = /\.yaml(\.in)?$/.test(path) ? [place] : (await readdir(place)).map((name) => join(place, name));
  const texts = await Promise.all(
    files.filter((file) => /\.yaml(\.in)?$/.test(file)).map((file) => readFile(file, 'utf8')),
  );
  return texts
    .flatMap((text) => parseAllDocuments(text, { logLevel: 'error' }).map((document) => document.toJS() as Definition))
    .filter((object) => object?.kind === 'CustomResourceDefinition');
}

/** As the API server with strict field validation: what no schema names is an error, where nothing keeps it on purpose. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  // Their `nullable` and `exclusiveMaximum` are those of OpenAPI 3.0.
  const { nullable, exclusiveMaximum, ...node } = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'default' || key === 'enum' ? value : closed(value)]),
  );
  if (node['x-kubernetes-int-or-string'] === true) return { ...node, type: ['integer', 'string'] };
  const open = node['x-kubernetes-preserve-unknown-fields'] === true || node['x-kubernetes-embedded-resource'] === true;
  const named = node['type'] === 'object' && typeof node['properties'] === 'object';
  const shut = named && !open && node['additionalProperties'] === undefined;
  const type = nullable === true && typeof node['type'] === 'string' ? { type: [node['type'], 'null'] } : {};
  const below = exclusiveMaximum === true ? { exclusiveMaximum: node['maximum'] } : {};
  return { ...node, ...type, ...below, ...(shut && { additionalProperties: false }) };
}

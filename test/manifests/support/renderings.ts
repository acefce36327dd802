import { type KubernetesObject, renderKustomize } from './render.js';

export interface Rendering {
  readonly name: string;
  readonly objects: readonly KubernetesObject[];
}

/** Everything that users apply: each overlay, and each component on what it is made for. */
const kustomizations: readonly (readonly [folder: string, ...components: string[]])[] = [
  ['overlays/dev'],
  ['overlays/dev-central'],
  ['overlays/prod'],
  ['overlays/service'],
  ['overlays/dev', 'components/plain-containers'],
  ['overlays/dev', 'components/kubernetes-client'],
  ['overlays/prod', 'components/monitoring'],
  ['overlays/service', 'components/monitoring'],
  ['overlays/prod', 'components/bundles'],
  ['overlays/service', 'components/istio-sidecar'],
  ['overlays/service', 'components/istio-gateway'],
  ['overlays/service', 'components/istio-waypoint'],
  ['overlays/service', 'components/envoy-gateway', 'components/envoy-gateway-tls'],
  ['overlays/service', 'components/gateway-api'],
  ['overlays/service', 'components/contour'],
  ['overlays/service', 'components/emissary'],
  ['overlays/prod', 'components/ingress'],
  ['overlays/dev', 'components/postgres', 'components/redis', 'components/auth'],
];

export const renderings: readonly Rendering[] = await Promise.all(
  kustomizations.map(async ([folder, ...components]) => ({
    name: [folder, ...components].join(' + '),
    objects: await renderKustomize(folder, components),
  })),
);

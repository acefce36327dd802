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
];

export const renderings: readonly Rendering[] = await Promise.all(
  kustomizations.map(async ([folder, ...components]) => ({
    name: [folder, ...components].join(' + '),
    objects: await renderKustomize(folder, components),
  })),
);

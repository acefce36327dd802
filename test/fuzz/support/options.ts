import { type Config, configSchema, opaEnvoyPluginPreset } from '../../../src/config/schema.js';

type Options = Pick<Config, 'input' | 'decision'>;

const defaults = configSchema.parse({});

/** The sections that the middle depends on: by default, under the preset, and where mutations are dropped. */
export const modes: readonly (readonly [name: string, options: Options])[] = [
  ['defaults', defaults],
  ['opa-envoy-plugin', configSchema.parse(opaEnvoyPluginPreset)],
  ['dropped mutations', configSchema.parse({ decision: { mutations: 'drop' } })],
];

export const shapes = ['envoy', 'http-api'] as const;

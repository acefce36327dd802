import { z } from 'zod';
import { admin } from './schema/admin.js';
import { bundles } from './schema/bundles.js';
import { decision } from './schema/decision.js';
import { engine } from './schema/engine.js';
import { grpc } from './schema/grpc.js';
import { http } from './schema/http.js';
import { identity } from './schema/identity.js';
import { input } from './schema/input.js';
import { kubernetes } from './schema/kubernetes.js';
import { decisionLog, log, shutdown } from './schema/process.js';
import { workers } from './schema/workers.js';

export const compatibilityModes = ['none', 'opa-envoy-plugin'] as const;

/** The one description of the configuration: types, defaults, errors, reference page and JSON Schema come from it. */
export const configSchema = z.strictObject({
  grpc: grpc.prefault({}).describe('The listener that Envoy asks.'),
  http: http
    .optional()
    .describe('The listener that other gateways ask over HTTP: see docs/gateways. Without it, there is none.'),
  admin: admin.prefault({}).describe('Health, metrics and status, on a port of their own.'),
  engine: engine.prefault({}).describe('What evaluates the policy.'),
  bundles: bundles.prefault({}).describe('Where policies come from, instead of a local file.'),
  input: input.prefault({}).describe('How the request becomes the input of the policy.'),
  identity: identity.prefault({}).describe('How the caller is established.'),
  decision: decision.prefault({}).describe('How the result of the policy becomes the answer.'),
  kubernetes: kubernetes.prefault({}).describe('What policies may know of the Kubernetes API.'),
  decision_log: decisionLog.prefault({}).describe('One record for each check.'),
  log: log.prefault({}).describe('Everything else that is logged.'),
  shutdown: shutdown.prefault({}).describe('What happens on SIGTERM.'),
  workers: workers.prefault({}).describe('How many processes share the work.'),
  compatibility: z
    .enum(compatibilityModes)
    .default('none')
    .describe('`opa-envoy-plugin` is a preset of defaults; each key set by hand overrides it.'),
});

/** The configuration with all defaults, durations in milliseconds and sizes in bytes. */
export type Config = z.infer<typeof configSchema>;

/** What `compatibility: opa-envoy-plugin` puts in the place of the defaults. */
export const opaEnvoyPluginPreset = {
  input: {
    ambiguous_host: 'pass',
    incomplete: 'pass',
    path_parsing: 'opa-envoy-plugin',
    body_parsing: 'opa-envoy-plugin',
    metadata_numbers: 'exponent',
    certificates: 'off',
    refusal_text: 'opa-envoy-plugin',
  },
  decision: {
    undefined: 'error',
    faults: 'error',
    status_table: 'opa-envoy-plugin',
    plain_boolean: true,
    allow_alias: false,
    header_values: 'separate',
    redirect_origins: ['*'],
  },
} as const satisfies z.input<typeof configSchema>;

import { z } from 'zod';
import { opaUrlHint, parseOpaUrl } from '../opa-url.js';
import { byteSize, duration } from '../units.js';
import { file, parsed, positiveDuration } from './forms.js';
import { verification } from './verification.js';

const decisionPath = z.strictObject({
  path: z
    .string()
    .regex(/^[^/]+(\/[^/]+)*$/, 'a rule path such as envoy/authz/allow')
    .describe('The rule that is asked, as a path below `data`.'),
  shape: z
    .enum(['envoy', 'http-api'])
    .default('envoy')
    .describe(
      'The input it expects: that of opa-envoy-plugin, or `method`, `path`, `query`, `headers`, `user`, `roles`.',
    ),
});

export const engine = z.strictObject({
  kind: z
    .enum(['wasm', 'opa'])
    .default('wasm')
    .describe('`wasm` evaluates the bundle inside Portcullis; `opa` asks an OPA server.'),
  paths: z
    .array(decisionPath)
    .min(1)
    .default([{ path: 'envoy/authz/allow', shape: 'envoy' }])
    .describe(
      'Decision paths. The first is the default; the context extension `portcullis.path` may choose another of them.',
    ),
  wasm: z
    .strictObject({
      bundle: file
        .optional()
        .describe(
          'OPA bundle with a WebAssembly module: a `.tar.gz` or a folder. Without it, the sample policy that comes with Portcullis.',
        ),
      verification: verification
        .optional()
        .describe(
          'With it, the bundle must carry a signature in the format of OPA that fits the key: see docs/bundles.md.',
        ),
      env: z
        .array(z.string().min(1))
        .default([])
        .describe('Environment variables that `opa.runtime().env` shows to the policy. No others are shown.'),
    })
    .prefault({})
    .describe('The embedded engine.'),
  opa: z
    .strictObject({
      url: parsed(/^(https?:\/\/|unix:\/\/\/)/, opaUrlHint, parseOpaUrl)
        .default('http://127.0.0.1:8181')
        .describe('OPA: `http://host:port`, `https://host:port` or `unix:///path/to/socket`.'),
      token: z
        .strictObject({ file: file.describe('The file that holds it; read again on SIGHUP.') })
        .optional()
        .describe('The bearer token for OPA.'),
      tls: z
        .strictObject({
          ca: file.optional().describe('Certificate authorities of OPA, PEM.'),
          cert: file.optional().describe('Client certificate, PEM.'),
          key: file.optional().describe('Client key, PEM.'),
        })
        .optional()
        .describe('TLS towards an `https` OPA.'),
      connections: z.int().min(1).max(1024).default(32).describe('Connections kept to OPA.'),
      bundle: file
        .optional()
        .describe(
          'The bundle that OPA serves, with a `plan.json` in it; read again on SIGHUP. It tells what the policy reads, for `engine.cache` and `engine.opa.batch`: see docs/cache.md.',
        ),
      projection: z
        .boolean()
        .default(false)
        .describe(
          'Send OPA only those parts of the input that the plan in `engine.opa.bundle` says its policy can read; its own decision log then has only these: see docs/cache.md.',
        ),
      verification: verification
        .optional()
        .describe('With it, that bundle must carry a signature in the format of OPA that fits the key.'),
      batch: z
        .strictObject({
          max_size: z
            .int()
            .min(1)
            .max(256)
            .default(1)
            .describe('Checks that are asked in one request at most when they queue up; 1 asks each on its own.'),
          in_flight: z
            .int()
            .min(1)
            .max(64)
            .default(2)
            .describe('Requests under way before further checks queue up for the next batch.'),
        })
        .prefault({})
        .describe('Several checks in one request to OPA: see docs/cache.md.'),
    })
    .prefault({})
    .describe('The OPA server.'),
  cache: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Give a result again while nothing that the policy reads has changed: see docs/cache.md.'),
      max_entries: z.int().min(1).max(1_000_000).default(10_000).describe('Results kept at most.'),
      max_size: byteSize.prefault('16MiB').describe('What they may take in memory together, about.'),
      max_age: duration
        .refine((milliseconds) => milliseconds > 0, 'a duration longer than 0')
        .prefault('5s')
        .describe(
          'How long a result may be given again. `cache_max_age` of a decision and `expires_at` of an identity shorten it.',
        ),
    })
    .prefault({})
    .describe('The decision cache.'),
  projection: z
    .boolean()
    .default(true)
    .describe(
      'Give the embedded policy only those parts of the input that its plan says it can read. Needs a bundle of `portcullis bundle build`; with another one, the policy gets everything.',
    ),
  result_memory: z
    .boolean()
    .default(true)
    .describe(
      'Remember what was made of the last results of the policy: one that it gives again, as the same text, is not judged nor encoded again, and of an embedded policy not even read. The policy is asked all the same.',
    ),
  timeout: positiveDuration
    .prefault('150ms')
    .describe(
      "How long the engine may take. The smaller of this and what Envoy's `grpc-timeout` leaves is the deadline.",
    ),
});

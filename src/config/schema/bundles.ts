import { z } from 'zod';
import { byteSize, duration } from '../units.js';
import { file, positiveDuration } from './forms.js';
import { verification } from './verification.js';

const store = z
  .string()
  .regex(/^(?:(?:s3|https?|oci|file):\/\/\S+|\.{0,2}\/.*)$/, 'a place such as s3://bucket/prefix or /a/folder');

const place = {
  store: store.describe(
    'Where bundles are kept: `s3://bucket/prefix?endpoint=URL&region=NAME`, `https://host/path`, `oci://host/repository`, or a folder.',
  ),
  channel: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'a name such as production')
    .optional()
    .describe('Follow this channel, which `portcullis bundle promote` and `rollback` move.'),
  object: z
    .string()
    .regex(/^(?!\.{0,2}(?:\/|$))[^\\?#\p{Cc}]+$/u, 'the name of an object, such as 1f3c….tar.gz')
    .refine((name) => !name.split('/').some((part) => ['', '.', '..'].includes(part)), 'a name without .. in it')
    .optional()
    .describe('Or follow this one object, such as `<revision>.tar.gz`.'),
};

export const bundleSource = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/, 'a name such as carstore')
    .describe('What logs, metrics and decisions call it.'),
  ...place,
});

/** What a discovery bundle says, in the shape of the configuration file; without a store, the source is in its own. */
export const discovered = z.strictObject({
  bundles: z.strictObject({
    sources: z
      .array(bundleSource.extend({ store: store.optional() }))
      .min(1)
      .max(100),
  }),
});

export const bundles = z.strictObject({
  sources: z
    .array(bundleSource)
    .default([])
    .describe(
      'The bundles to fetch. Their roots must not overlap, and one of them holds the policy; the others are data.',
    ),
  discovery: z
    .strictObject({
      ...place,
      decision: z
        .string()
        .regex(/^[\w-]+(?:\/[\w-]+)*$/, 'a path in the data of the bundle, such as shop/adapters')
        .optional()
        .describe('Where in its data `bundles.sources` stands. Without it, at the top.'),
    })
    .optional()
    .describe(
      'The bundle that says which bundles to fetch, in the place of `sources`: see docs/policy-delivery.md. Embedded engine only.',
    ),
  token: z
    .strictObject({ file: file.describe('The file that holds it; read again with each request.') })
    .optional()
    .describe('The bearer token for HTTP, or `user:password` for an OCI registry.'),
  verification: verification
    .optional()
    .describe(
      'With it, every bundle must carry a signature in the format of OPA that fits the key: see docs/bundles.md.',
    ),
  polling: z
    .strictObject({
      min_delay: positiveDuration.prefault('10s').describe('The least time between two looks at a source.'),
      max_delay: positiveDuration
        .prefault('30s')
        .describe(
          'The most. The time between is random, so that many adapters do not ask at once; failures back off to it.',
        ),
      long_polling: duration
        .prefault('0s')
        .describe(
          'Ask an HTTP source to answer when there is news, or after this time; 0s asks for an answer at once.',
        ),
    })
    .prefault({})
    .describe('How often sources are asked.'),
  persist: file
    .optional()
    .describe('A folder that keeps the last good bundles, to start from when a source cannot be reached.'),
  alarm_after: positiveDuration
    .prefault('5m')
    .describe('Time without an answer from a source after which its bundle counts as stale. It goes on serving.'),
  reports: z
    .strictObject({
      url: z
        .string()
        .regex(/^https?:\/\/[^\s@]+$/, 'an http or https URL')
        .optional()
        .describe("Post a report in the format of OPA's status API there, after each change and each interval."),
      to_store: z
        .boolean()
        .default(false)
        .describe(
          'Write it as `status/<channel>/<id>.json` beside the bundles, for `portcullis bundle status`. S3 and folders only.',
        ),
      id: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'a name such as shop-7d9f')
        .optional()
        .describe('What reports call this adapter. Without it, the name of the host.'),
      interval: positiveDuration.prefault('60s').describe('The most time between two reports.'),
    })
    .prefault({})
    .describe('Telling others what this adapter runs.'),
  limits: z
    .strictObject({
      max_archive_size: byteSize.prefault('128MiB').describe('Of a bundle as it is fetched.'),
      max_content_size: byteSize.prefault('512MiB').describe('Of all its files, unpacked.'),
      max_entries: z.int().min(1).max(1_000_000).default(10_000).describe('Files and folders in a bundle.'),
    })
    .prefault({})
    .describe('What a bundle may cost; a larger one is refused.'),
});

import type { Config } from '../../config/schema.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { channelBundle } from '../../policy/channel/pointer.js';
import { parseStore, type StorePlace } from '../../policy/store/open-store.js';

export const s3Credentials = ['environment', 'web-identity', 'metadata', 'profile'] as const;

export interface OpaConfigOptions {
  /** Where OPA finds what its requests to S3 are signed with. */
  readonly s3Credentials: (typeof s3Credentials)[number];
  /** PEM, or the secret of an HS algorithm. */
  readonly verificationKey: string | undefined;
  readonly region: string;
}

type Bundles = Config['bundles'];
type Source = Bundles['sources'][number];

/** OPA's name for the key in `bundles.verification`. */
const keyId = 'portcullis';

/** The configuration of an OPA that serves what this configuration asks of it, as the object its YAML holds. */
export function opaConfig(config: Config, options: OpaConfigOptions): Result<object> {
  const { persist, sources, verification } = config.bundles;
  const services: Record<string, object> = {};
  const bundles: Record<string, object> = {};
  for (const [index, source] of sources.entries()) {
    const place = parseStore(source.store);
    if (!place.ok) return fail(`bundles.sources[${index}].store: ${place.error}`);
    const service = serviceOf(place.value, config.bundles, options);
    if (service !== undefined) services[source.name] = service;
    bundles[source.name] = {
      ...(service !== undefined && { service: source.name }),
      resource: resourceOf(place.value, source),
      polling: pollingOf(config.bundles),
      // OPA does not activate what it reads from a folder and should keep ("no raw bundle bytes to persist").
      ...(persist !== undefined && place.value.kind !== 'folder' && { persist: true }),
      ...(verification !== undefined && { signing: { keyid: keyId, scope: verification.scope } }),
      size_limit_bytes: config.bundles.limits.max_content_size,
    };
  }
  return ok({
    services,
    bundles,
    ...(verification !== undefined && {
      keys: { [keyId]: { algorithm: verification.algorithm, key: options.verificationKey, scope: verification.scope } },
    }),
    ...(persist !== undefined && { persistence_directory: persist }),
    ...(config.decision_log.enabled && { decision_logs: { console: true } }),
    labels: { app: 'portcullis' },
  });
}

function serviceOf(place: StorePlace, { token }: Bundles, options: OpaConfigOptions): object | undefined {
  const bearer = token === undefined ? {} : { credentials: { bearer: { token_path: token.file } } };
  switch (place.kind) {
    case 'folder':
      return undefined;
    case 'http':
      return { url: place.url.replace(/\/$/, ''), ...bearer };
    case 'oci':
      return { url: place.origin, type: 'oci', ...bearer };
    case 's3': {
      const region = place.region ?? options.region;
      const base = place.endpoint?.replace(/\/$/, '') ?? `https://s3.${region}.amazonaws.com`;
      const url = `${base}/${place.bucket}/${place.prefix}`.replace(/\/$/, '');
      // Without this the requests are not signed, and a private bucket answers 403.
      return { url, credentials: { s3_signing: signingOf(options, region) } };
    }
  }
}

function signingOf({ s3Credentials: kind }: OpaConfigOptions, region: string): object {
  switch (kind) {
    case 'environment':
      return { environment_credentials: {} };
    case 'web-identity':
      return { web_identity_credentials: { aws_region: region } };
    case 'metadata':
      return { metadata_credentials: { aws_region: region } };
    case 'profile':
      return { profile_credentials: { aws_region: region } };
  }
}

/** An OPA cannot follow a pointer; it polls the copy that `promote` keeps beside it. */
function resourceOf(place: StorePlace, { channel, object = '' }: Source): string {
  const name = channel === undefined ? object : channelBundle(channel);
  switch (place.kind) {
    case 'folder':
      return `file://${place.folder}/${name}`;
    case 'oci':
      return `${new URL(place.origin).host}/${place.repository}:${name.replace(/\.tar\.gz$/, '').replaceAll('/', '-')}`;
    default:
      return name;
  }
}

function pollingOf({ polling }: Bundles): object {
  const seconds = (milliseconds: number) => Math.max(1, Math.round(milliseconds / 1000));
  return {
    min_delay_seconds: seconds(polling.min_delay),
    max_delay_seconds: seconds(polling.max_delay),
    ...(polling.long_polling > 0 && { long_polling_timeout_seconds: seconds(polling.long_polling) }),
  };
}

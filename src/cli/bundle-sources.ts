import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { KeptBundle } from '../policy/follow/kept-bundle.js';
import { channelOrigin, objectOrigin } from '../policy/follow/origin.js';
import type { Source } from '../policy/follow/source-set.js';
import type { BundleStore } from '../policy/store/bundle-store.js';
import { openStore, parseStore } from '../policy/store/open-store.js';
import { readVerification } from './verification.js';

type BundlesConfig = Config['bundles'];

/** A bundle to follow, whoever listed it. */
export type ConfiguredSource = BundlesConfig['sources'][number];

/**
 * @param list where the sources stand, such as `bundles.sources`
 * @throws PortcullisError `config_invalid` for a store that is none
 */
export function openSources(
  config: BundlesConfig,
  sources: readonly ConfiguredSource[],
  list: string,
): Promise<readonly Source[]> {
  return Promise.all(
    sources.map(async (source, index) => {
      const store = await openPlace(config, source.store, `${list}[${index}].store`);
      return { store, options: followerOptions(config, source, store) };
    }),
  );
}

/**
 * @param key where the place stands, such as `bundles.sources[0].store`
 * @throws PortcullisError `config_invalid`
 */
export async function openPlace({ token }: BundlesConfig, text: string, key: string): Promise<BundleStore> {
  const place = parseStore(text);
  if (!place.ok) throw new PortcullisError('config_invalid', `${key}: ${place.error}`);
  const file = token?.file;
  return openStore(place.value, {
    token: async () => (file === undefined ? undefined : (await readFile(file, 'utf8')).trim()),
  });
}

/** How a source is followed, as `bundles` says for all of them. */
export function followerOptions(
  config: BundlesConfig,
  source: ConfiguredSource,
  store: BundleStore,
): Source['options'] {
  const { alarm_after, limits, persist, polling, verification } = config;
  const { channel, name, object = '' } = source;
  return {
    name,
    channel,
    origin: channel === undefined ? objectOrigin(store, object) : channelOrigin(store, channel),
    limits: {
      maxArchiveBytes: limits.max_archive_size,
      maxContentBytes: limits.max_content_size,
      maxEntries: limits.max_entries,
    },
    verification: () => readVerification(verification, 'bundles.verification'),
    pace: { minDelay: polling.min_delay, maxDelay: polling.max_delay, longPolling: polling.long_polling },
    alarmAfter: alarm_after,
    kept: persist === undefined ? undefined : new KeptBundle(persist, name, [source.store, channel, source.object]),
  };
}

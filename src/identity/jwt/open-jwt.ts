import type { Config } from '../../config/schema.js';
import type { IdentitySource } from '../source.js';
import { discoverKeys, fetchKeysFrom } from './fetch-keys.js';
import { createJwtSource } from './jwt.js';
import { createKeySet } from './key-set.js';

/** The source `jwt` with the keys of its issuer, which are fetched at once and whenever they are old. */
export function openJwtSource(source: Extract<Config['identity']['sources'][number], { kind: 'jwt' }>): IdentitySource {
  const closing = new AbortController();
  const { issuer, jwks_url: url, keys: options } = source;
  const keySet = createKeySet(options, () =>
    url === undefined
      ? discoverKeys(issuer, options.timeout, closing.signal)
      : fetchKeysFrom(url, options.timeout, closing.signal),
  );
  return {
    ...createJwtSource(source, keySet),
    started: keySet.keys().then(() => {}),
    close: async () => closing.abort(),
  };
}

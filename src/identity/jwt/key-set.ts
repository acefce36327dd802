import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { fail, ok, type Result } from '../../errors/result.js';

/** Durations in milliseconds. */
export interface KeySetOptions {
  /** Keys older than this are fetched again, while they go on being used. */
  readonly refresh: number;
  /** Keys older than this are not used any more. */
  readonly max_stale: number;
  /** Between two fetches, however many unknown keys are asked for. */
  readonly cooldown: number;
}

/** The keys of an issuer. Fetched when they are first needed, again when they are old, and for a key that is unknown. */
export interface KeySet {
  /** The keys at hand; waits only if there are none. Fails when there are none and none can be had. */
  keys(): Promise<Result<JWTVerifyGetKey, Error>>;
  /** The keys after one more fetch, if enough time has passed since the last; else undefined. */
  newer(): Promise<JWTVerifyGetKey | undefined>;
}

/**
 * @param fetchKeys gets the key set; never rejects
 * @param now milliseconds on a clock that does not jump
 */
export function createKeySet(
  options: KeySetOptions,
  fetchKeys: () => Promise<Result<unknown, Error>>,
  now: () => number = () => performance.now(),
): KeySet {
  let held: { readonly getKey: JWTVerifyGetKey; readonly since: number } | undefined;
  let failure = new Error('the keys have not been fetched yet');
  let asked = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  const fetchNow = async (): Promise<void> => {
    const fetched = await fetchKeys();
    const getKey = fetched.ok ? readKeySet(fetched.value) : fetched;
    if (getKey.ok) held = { getKey: getKey.value, since: now() };
    else failure = getKey.error;
  };
  const update = (): Promise<void> | undefined => {
    if (fetching !== undefined) return fetching;
    if (now() - asked < options.cooldown) return undefined;
    asked = now();
    fetching = fetchNow().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
  const usable = () => (held !== undefined && now() - held.since <= options.max_stale ? held : undefined);

  return {
    async keys() {
      const present = usable();
      if (present === undefined) await update();
      // Whoever comes meanwhile is served with what there is.
      else if (now() - present.since > options.refresh) void update();
      const keys = usable();
      return keys === undefined ? fail(failure) : ok(keys.getKey);
    },
    async newer() {
      const before = held;
      await update();
      const after = usable();
      return after === undefined || after === before ? undefined : after.getKey;
    },
  };
}

/** Symmetric keys have no place in a set that anyone may read; a token signed with one must never pass. */
function readKeySet(value: unknown): Result<JWTVerifyGetKey, Error> {
  try {
    const keys = (value as JSONWebKeySet).keys.filter(({ kty }) => kty !== 'oct');
    if (keys.length === 0) return fail(new Error('the key set has no public key'));
    return ok(createLocalJWKSet({ keys }));
  } catch {
    return fail(new Error('the answer is no JSON Web Key Set'));
  }
}

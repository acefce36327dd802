import type { InputReads } from '../../policy/plan/input-reads.js';

/** Places whose values are no credentials, and what may be read below them; everything else may be one. */
interface Harmless {
  readonly [name: string]: Harmless | 'all';
}

/** Neither headers, bodies and queries, nor what of an identity nobody here knows. */
const harmless: Harmless = {
  attributes: { request: { http: { method: 'all', host: 'all', scheme: 'all', protocol: 'all' } } },
  version: 'all',
  parsed_path: 'all',
  truncated_body: 'all',
  identity: { source: 'all', subject: 'all', roles: 'all', groups: 'all' },
  identity_error: { source: 'all', reason: 'all' },
  method: 'all',
  path: 'all',
  user: 'all',
  roles: 'all',
};

const known = new WeakMap<InputReads, boolean>();

/** Whether nothing is read in which a credential may stand. */
export function readsNoSecret(reads: InputReads): boolean {
  const found = known.get(reads) ?? isHarmless(reads, harmless);
  known.set(reads, found);
  return found;
}

/** A place of which nothing but whether it is there is read is harmless, whatever it is. */
function isHarmless({ members, whole }: InputReads, places: Harmless | 'all' | undefined): boolean {
  if (places === 'all') return true;
  if (whole) return false;
  return [...members].every(([name, inner]) =>
    isHarmless(inner, places !== undefined && Object.hasOwn(places, name) ? places[name] : undefined),
  );
}

import type { HeaderView } from '../input/headers.js';

/**
 * Names under which a backend may read a protected header: CGI, WSGI, PHP and others turn whatever is
 * no letter and no digit into an underscore, so that a client's `x_user` would pass for `x-user`.
 *
 * The spellings with hyphens and with underscores are named whether the request has them or not, since
 * Envoy may keep headers from us; others when they are there.
 *
 * @param names the protected headers, in lower case
 */
export function protectedSpellings(names: readonly string[], request: HeaderView): readonly string[] {
  const spellings = new Set(names.flatMap((name) => [name, ...usualSpellings(name)]));
  const odd = request.names().filter((name) => oddName.test(name));
  if (odd.length > 0) {
    const read = new Set(names.map(asRead));
    for (const name of odd) if (read.has(asRead(name))) spellings.add(name);
  }
  return [...spellings];
}

/** A name with something in it that backends confuse with a hyphen. */
const oddName = /[^a-z0-9-]/;

const separators = /[^a-z0-9]/g;

function usualSpellings(name: string): readonly string[] {
  return [asRead(name), name.replace(separators, '_')];
}

function asRead(name: string): string {
  return name.replace(separators, '-');
}

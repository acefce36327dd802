import type { HeaderView } from '../input/headers.js';

/** A name with something in it that backends confuse with a hyphen. */
const oddName = /[^a-z0-9-]/;

const separators = /[^a-z0-9]/g;

/**
 * The names under which a backend may read a protected header: CGI, WSGI, PHP and others turn whatever is
 * no letter and no digit into an underscore, so that a client's `x_user` would pass for `x-user`.
 */
export class ProtectedHeaders {
  /** The spellings with hyphens and with underscores, named whether the request has them or not: Envoy may keep headers from us. */
  readonly usual: readonly string[];
  readonly #read: ReadonlySet<string>;
  readonly #isLength: (length: number) => boolean;

  /** @param names in any case */
  constructor(names: readonly string[]) {
    const lower = names.map((name) => name.toLowerCase());
    this.usual = [...new Set(lower.flatMap((name) => [name, asRead(name), name.replace(separators, '_')]))];
    this.#read = new Set(lower.map(asRead));
    const lengths = lower.map(({ length }) => length);
    this.#isLength = (length) => lengths.includes(length);
  }

  /** Whether a backend may read this for one of them; `name` in lower case. */
  covers(name: string): boolean {
    return this.#read.has(asRead(name));
  }

  /** Other spellings, which are named when they are there. */
  oddOf(request: HeaderView): readonly string[] {
    if (this.usual.length === 0) return none;
    let odd: string[] | undefined;
    for (const name of request.names(this.#isLength)) {
      if (!oddName.test(name)) continue;
      if (!this.#read.has(asRead(name)) || this.usual.includes(name)) continue;
      odd ??= [];
      if (!odd.includes(name)) odd.push(name);
    }
    return odd ?? none;
  }
}

const none: readonly string[] = [];

const known = new WeakMap<readonly string[], ProtectedHeaders>();

/** What follows from a list of names in the configuration, worked out once for each list. */
export function protectedHeaders(names: readonly string[]): ProtectedHeaders {
  const made = known.get(names) ?? new ProtectedHeaders(names);
  known.set(names, made);
  return made;
}

/** The spellings of these names that are removed from this request. */
export function protectedSpellings(names: readonly string[], request: HeaderView): readonly string[] {
  const made = protectedHeaders(names);
  return [...made.usual, ...made.oddOf(request)];
}

function asRead(name: string): string {
  return name.replace(separators, '-');
}

/**
 * What of a JSON document is read: all of it, or certain members of it. A member without members of its own
 * that is not read as a whole is only looked at for whether it is there.
 */
export interface InputReads {
  readonly whole: boolean;
  /** Empty if the whole is read. */
  readonly members: ReadonlyMap<string, InputReads>;
}

/** More members than this are as good as everything. */
const maxMembers = 4096;

/** A place in the input while it is being found out what is read there. One object for each place. */
export class InputPlace {
  readonly #members = new Map<string, InputPlace>();
  readonly #tree: { places: number };
  #whole = false;

  constructor(tree: { places: number } = { places: 0 }) {
    this.#tree = tree;
  }

  /** Whether the member is there is read too: a statement after this one may have an effect of its own. */
  member(name: string): InputPlace {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    this.#tree.places += 1;
    if (this.#tree.places > maxMembers) {
      this.readWhole();
      return this;
    }
    const made = new InputPlace(this.#tree);
    this.#members.set(name, made);
    return made;
  }

  readWhole(): void {
    this.#whole = true;
  }

  reads(): InputReads {
    if (this.#whole) return everything;
    const members = [...this.#members].sort(([left], [right]) => (left < right ? -1 : 1));
    return { whole: false, members: new Map(members.map(([name, place]) => [name, place.reads()])) };
  }
}

/** The whole input is read. */
export const everything: InputReads = Object.freeze({ whole: true, members: new Map() });

/** The places as paths such as `input.attributes.request.http.method`, for people. */
export function readPaths(reads: InputReads): string[] {
  return reads.whole || reads.members.size > 0 ? pathsBelow(reads, 'input') : [];
}

function pathsBelow(reads: InputReads, path: string): string[] {
  if (reads.whole || reads.members.size === 0) return [path];
  return [...reads.members].flatMap(([name, inner]) =>
    pathsBelow(inner, /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`),
  );
}

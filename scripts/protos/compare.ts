import type { Description } from './describe.js';

/** A field that a newer Envoy has and `theirs` does not. */
export interface NewerField {
  readonly message: string;
  readonly field: string;
  /** As `describe` writes it: number, label, type, oneof. */
  readonly is: string;
  readonly since: string;
  readonly source: string;
}

/**
 * Every difference between the two for what `ours` carries, in both directions; what only `theirs`
 * has as a whole message is not a difference, unless it stands inside a message that both have.
 */
export function compare(ours: Description, theirs: Description, newer: readonly NewerField[] = []): string[] {
  const expected = withNewer(theirs, newer);
  const differences = stale(theirs, newer);
  for (const [name, members] of ours) {
    const reference = expected.get(name);
    if (reference === undefined) differences.push(`${name} is ours alone`);
    else differences.push(...compareMembers(name, members, reference));
  }
  for (const name of expected.keys()) {
    const parent = name.slice(0, name.lastIndexOf('.'));
    if (ours.has(parent) && !ours.has(name)) differences.push(`${name} is missing`);
  }
  return differences;
}

function compareMembers(
  name: string,
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
): readonly string[] {
  const members = new Set([...ours.keys(), ...theirs.keys()]);
  return [...members]
    .filter((member) => ours.get(member) !== theirs.get(member))
    .map((member) => `${name} ${member}: ours ${ours.get(member)}, theirs ${theirs.get(member)}`);
}

function withNewer(theirs: Description, newer: readonly NewerField[]): Description {
  const expected = new Map(theirs);
  for (const { message, field, is } of newer) {
    expected.set(message, new Map([...(expected.get(message) ?? []), [`field ${field}`, is]]));
  }
  return expected;
}

function stale(theirs: Description, newer: readonly NewerField[]): string[] {
  return newer
    .filter(({ message, field }) => theirs.get(message)?.has(`field ${field}`))
    .map(({ message, field }) => `${message} field ${field} is no longer newer`);
}

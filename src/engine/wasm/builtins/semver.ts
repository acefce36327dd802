import { any, type Builtins, builtin, string } from './builtin.js';

const int64Max = 2n ** 63n - 1n;

interface Version {
  readonly numbers: readonly bigint[];
  readonly preRelease: readonly string[];
}

export const semverBuiltins: Builtins = {
  'semver.is_valid': builtin([any], (text) => typeof text === 'string' && parseVersion(text) !== undefined),
  'semver.compare': builtin([string, string], (a, b) => {
    const [left, right] = [parseVersion(a), parseVersion(b)];
    return left === undefined || right === undefined ? undefined : compareVersions(left, right);
  }),
};

const pattern =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

function parseVersion(text: string): Version | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const numbers = match.slice(1, 4).map(BigInt);
  const preRelease = match[4]?.split('.') ?? [];
  const leadingZero = preRelease.some((identifier) => /^0\d+$/.test(identifier));
  return leadingZero || numbers.some((number) => number > int64Max) ? undefined : { numbers, preRelease };
}

function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const order = compare(number, b.numbers[index] ?? 0n);
    if (order !== 0) return order;
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Math.sign(b.preRelease.length - a.preRelease.length);
  }
  return comparePreReleases(a.preRelease, b.preRelease);
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (const [index, identifier] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.length < b.length ? -1 : 0;
}

/** Numbers come before words. */
function compareIdentifiers(a: string, b: string): number {
  const [aNumeric, bNumeric] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aNumeric && bNumeric) return compare(BigInt(a), BigInt(b));
  return aNumeric === bNumeric ? compare(a, b) : aNumeric ? -1 : 1;
}

function compare<Value extends bigint | string>(a: Value, b: Value): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

import { any, type Builtins, builtin, string } from './builtin.js';
import { type Cidr, cidrContains, parseAddress, parseCidr, printAddress } from './cidr.js';
import { sortedUnique } from './rego/equality.js';
import { isArray, isObject, isSet, type RegoValue, setOf } from './rego/rego-value.js';

/** A /16: what is larger would hold the whole process up. */
const maxExpansion = 65_536n;

export const netBuiltins: Builtins = {
  'net.cidr_is_valid': builtin([any], (text) => typeof text === 'string' && parseCidr(text) !== undefined),
  'net.cidr_expand': builtin([string], (text) => {
    const cidr = parseCidr(text);
    return cidr === undefined ? undefined : expand(cidr);
  }),
  'net.cidr_contains_matches': builtin([any, any], (cidrs, others) => {
    const [left, right] = [indexed(cidrs), indexed(others)];
    return left === undefined || right === undefined ? undefined : containsMatches(left, right);
  }),
};

function expand(cidr: Cidr): RegoValue | undefined {
  const size = 1n << BigInt(cidr.length - cidr.prefix);
  if (size > maxExpansion) return undefined;
  return setOf(
    Array.from({ length: Number(size) }, (_, offset) => printAddress(cidr.network + BigInt(offset), cidr.length)),
  );
}

interface Indexed {
  readonly text: RegoValue;
  readonly index: RegoValue;
}

/** The elements, each with what the result names it by. An element may be an array that begins with the text. */
function indexed(value: RegoValue): readonly Indexed[] | undefined {
  if (typeof value === 'string') return [{ text: value, index: value }];
  const pairs = pairsOf(value);
  const texts = pairs.map(([, element]) => (isArray(element) ? element[0] : element));
  if (!texts.every((text) => text !== undefined)) return undefined;
  return pairs.map(([index], at) => ({ text: texts[at] ?? null, index }));
}

function pairsOf(value: RegoValue): readonly (readonly [RegoValue, RegoValue])[] {
  if (isSet(value)) return Array.from(value as readonly RegoValue[], (element) => [element, element] as const);
  if (isArray(value)) return value.map((element, index) => [index, element] as const);
  return isObject(value) ? Object.entries(value) : [];
}

function containsMatches(left: readonly Indexed[], right: readonly Indexed[]): RegoValue | undefined {
  const matches: RegoValue[] = [];
  for (const outer of left) {
    for (const inner of right) {
      const contains = containsText(outer.text, inner.text);
      if (contains === undefined) return undefined;
      if (contains) matches.push([outer.index, inner.index]);
    }
  }
  return setOf(sortedUnique(matches));
}

function containsText(outer: RegoValue, inner: RegoValue): boolean | undefined {
  if (typeof outer !== 'string' || typeof inner !== 'string') return undefined;
  const cidr = parseCidr(outer);
  const other = parseAddress(inner) ?? parseCidr(inner);
  return cidr === undefined || other === undefined ? undefined : cidrContains(cidr, other);
}

import { type Builtins, builtin, integer, type Operand, string } from './builtin.js';
import { isArrayOrSet } from './rego/rego-value.js';

/** One string, or an array or set of strings. */
const strings: Operand<readonly string[]> = (value) => {
  if (typeof value === 'string') return [value];
  const elements = isArrayOrSet(value) ? value : undefined;
  return elements?.every((element) => typeof element === 'string') ? elements : undefined;
};

export const stringBuiltins: Builtins = {
  'strings.any_prefix_match': builtin([strings, strings], (texts, prefixes) =>
    texts.some((text) => prefixes.some((prefix) => text.startsWith(prefix))),
  ),
  'strings.any_suffix_match': builtin([strings, strings], (texts, suffixes) =>
    texts.some((text) => suffixes.some((suffix) => text.endsWith(suffix))),
  ),
  'strings.count': builtin([string, string], (text, part) =>
    part === '' ? Array.from(text).length + 1 : text.split(part).length - 1,
  ),
  'strings.split_n': builtin([string, string, integer], (text, delimiter, count) => {
    const parts = delimiter === '' ? Array.from(text) : text.split(delimiter);
    return count >= 0n ? parts.slice(0, Number(count)) : parts.slice(Number(count));
  }),
  indexof_n: builtin([string, string], indexesOf),
  'glob.quote_meta': builtin([string], (text) => text.replace(/[*?\\[\]{}]/g, '\\$&')),
};

/** Where `part` begins, in characters; occurrences may overlap. */
function indexesOf(text: string, part: string): readonly number[] | undefined {
  if (part === '') return undefined;
  const characters = Array.from(text);
  const wanted = Array.from(part);
  return characters.flatMap((_character, at) => {
    return wanted.every((character, offset) => characters[at + offset] === character) ? [at] : [];
  });
}

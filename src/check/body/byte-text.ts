/** UTF-8 text with one character for each byte (`latin1`), for parsers that walk over bytes as Go's do. */
export type ByteText = string;

/** What Go's `unicode.IsSpace` takes for white space. */
const space = [
  '[\\t\\n\\v\\f\\r ]',
  '\\xc2[\\x85\\xa0]',
  '\\xe1\\x9a\\x80',
  '\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]',
  '\\xe2\\x81\\x9f',
  '\\xe3\\x80\\x80',
].join('|');

const leading = new RegExp(`^(?:${space})+`);
const last = new RegExp(`(?:${space})$`);

/** Go's `strings.TrimLeftFunc(text, unicode.IsSpace)`. */
export function trimStart(text: ByteText): ByteText {
  return text.replace(leading, '');
}

/** Go's `strings.TrimSpace`. */
export function trim(text: ByteText): ByteText {
  let rest = trimStart(text);
  for (;;) {
    // Only its end: a pattern is tried from every place, which takes quadratic time in a long run of spaces.
    const length = last.exec(rest.slice(-3))?.[0].length ?? 0;
    if (length === 0) return rest;
    rest = rest.slice(0, -length);
  }
}

/** Go's `strings.ToLower` as far as it makes ASCII: two letters beyond ASCII become `i` and `k`. */
export function lowerToAscii(text: ByteText): ByteText {
  return text
    .replaceAll('\xc4\xb0', 'i')
    .replaceAll('\xe2\x84\xaa', 'k')
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

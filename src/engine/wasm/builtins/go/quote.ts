import { isWellFormed } from '../rego/bytes.js';

/** Go's `strconv.Quote`, over text in which a lone surrogate U+DC80…U+DCFF is a byte that is not UTF-8. */
export function quoteGo(text: string, options?: { readonly ascii?: boolean }): string {
  return `"${Array.from(text, (character) => escapeGo(character, '"', options?.ascii ?? false)).join('')}"`;
}

/** Go's `strconv.QuoteRune`. */
export function quoteGoRune(character: string, options?: { readonly ascii?: boolean }): string {
  return `'${escapeGo(character, "'", options?.ascii ?? false)}'`;
}

/** Whether Go writes the text between backquotes: one line, printable, no backquote. */
export function canBackquote(text: string): boolean {
  return Array.from(text).every((character) => {
    const code = character.codePointAt(0) ?? 0;
    const control = (code < 0x20 && code !== 0x09) || code === 0x7f;
    return !control && character !== '`' && code !== 0xfeff && isWellFormed(character);
  });
}

const short: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Letters, marks, numbers, punctuation, symbols and the ASCII space are printable to Go. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function escapeGo(character: string, quote: string, ascii: boolean): string {
  if (character === quote) return `\\${quote}`;
  if (character in short) return short[character] ?? '';
  const code = character.codePointAt(0) ?? 0;
  if (printable.test(character) && (code < 0x80 || !ascii)) return character;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

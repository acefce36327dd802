/** Where a string stopped being one: the index of the offending character, and Go's name for the place. */
export interface StringFault {
  readonly at: number;
  readonly context: string;
}

/** The string whose opening quote is at `start`, and the index behind its closing quote. */
export interface StringRead {
  readonly text: string;
  readonly end: number;
}

const loneSurrogates = /\p{Surrogate}/gu;

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const hexDigits = /^[0-9a-fA-F]{4}$/;

/** Reads a JSON string. A surrogate escape without its other half becomes U+FFFD, as in Go. */
export function readString(source: string, start: number): StringRead | StringFault {
  const plainEnd = endOfPlain(source, start + 1);
  if (source.charCodeAt(plainEnd) === 0x22) return { text: source.slice(start + 1, plainEnd), end: plainEnd + 1 };
  return readEscaped(source, start + 1, plainEnd);
}

function readEscaped(source: string, start: number, firstStop: number): StringRead | StringFault {
  let text = '';
  let from = start;
  let at = firstStop;
  while (source[at] === '\\') {
    text += source.slice(from, at);
    const escaped = readEscape(source, at + 1);
    if (typeof escaped !== 'string') return escaped;
    text += escaped;
    from = at + (source[at + 1] === 'u' ? 6 : 2);
    at = endOfPlain(source, from);
  }
  if (source[at] !== '"') return { at, context: 'in string literal' };
  text += source.slice(from, at);
  return { text: text.replace(loneSurrogates, '\ufffd'), end: at + 1 };
}

function readEscape(source: string, at: number): string | StringFault {
  const letter = source[at];
  if (letter !== 'u') return escapes[letter ?? ''] ?? { at, context: 'in string escape code' };
  const digits = source.slice(at + 1, at + 5);
  if (hexDigits.test(digits)) return String.fromCharCode(Number.parseInt(digits, 16));
  const wrong = digits.search(/[^0-9a-fA-F]/);
  return { at: wrong < 0 ? source.length : at + 1 + wrong, context: 'in \\u hexadecimal character escape' };
}

/** Index of the first quote, backslash or control character at or after `at`, or the length. */
function endOfPlain(source: string, at: number): number {
  let end = at;
  for (; end < source.length; end += 1) {
    const code = source.charCodeAt(end);
    if (code === 0x22 || code === 0x5c || code < 0x20) break;
  }
  return end;
}

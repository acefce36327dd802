import { trimStart } from './byte-text.js';

/** One `; name=value` and what stands behind it. The name is in lower case. */
export interface MediaParameter {
  readonly name: string;
  readonly value: string;
  readonly rest: string;
}

const tokenPattern = /^[!#$%&'*+\-.^_`{|}~0-9A-Za-z]*/;
const quotedPattern = /^"((?:[^"\\\r\n]|\\[^\r\n])*)"/;

/** Backslashes escape only these; before other characters they are literal, as old browsers send file paths. */
const escapedSpecials = /\\([()<>@,;:\\"/[\]?=])/g;

/** The token of RFC 2045 that text begins with; empty when there is none. */
export function token(text: string): string {
  return tokenPattern.exec(text)?.[0] ?? '';
}

/** Reads one parameter; undefined when the text does not begin with a well-formed one. */
export function readParameter(text: string): MediaParameter | undefined {
  if (!text.startsWith(';')) return undefined;
  const afterSemicolon = trimStart(text.slice(1));
  const name = token(afterSemicolon);
  const afterName = trimStart(afterSemicolon.slice(name.length));
  if (name === '' || !afterName.startsWith('=')) return undefined;
  const rawValue = trimStart(afterName.slice(1));
  const quoted = quotedPattern.exec(rawValue);
  if (quoted !== null) {
    const value = (quoted[1] ?? '').replace(escapedSpecials, '$1');
    return { name: name.toLowerCase(), value, rest: rawValue.slice(quoted[0].length) };
  }
  const value = token(rawValue);
  return value === '' ? undefined : { name: name.toLowerCase(), value, rest: rawValue.slice(value.length) };
}

import { JsonNumber } from './json.js';

/** The index behind the number that begins at `start`, or the offending index and Go's name for the place. */
export type NumberScan = { readonly end: number } | { readonly at: number; readonly context: string };

/** Finds the end of a JSON number. */
export function scanNumber(source: string, start: number): NumberScan {
  let at = source[start] === '-' ? start + 1 : start;
  if (!isDigit(source, at)) return { at, context: 'in numeric literal' };
  at = source[at] === '0' ? at + 1 : skipDigits(source, at);
  if (source[at] === '.') {
    if (!isDigit(source, at + 1)) return { at: at + 1, context: 'after decimal point in numeric literal' };
    at = skipDigits(source, at + 1);
  }
  if (source[at] !== 'e' && source[at] !== 'E') return { end: at };
  at += 1;
  if (source[at] === '+' || source[at] === '-') at += 1;
  if (!isDigit(source, at)) return { at, context: 'in exponent of numeric literal' };
  return { end: skipDigits(source, at) };
}

/**
 * Whether few readers can hold a number: a thousand digits, or an exponent of five. OPA refuses an input with
 * one whose binary exponent has six.
 */
export function isHugeNumber(text: string): boolean {
  return text.length > 1000 || /[eE][+-]?0*[1-9][0-9]{4}/.test(text);
}

/** A JavaScript number where nothing is lost by it, else the text. */
export function numberFromText(text: string): number | JsonNumber {
  const value = Number(text);
  return String(value) === text && Math.abs(value) <= Number.MAX_SAFE_INTEGER + 1 ? value : new JsonNumber(text);
}

function isDigit(source: string, at: number): boolean {
  const code = source.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

function skipDigits(source: string, at: number): number {
  let end = at;
  while (isDigit(source, end)) end += 1;
  return end;
}

import { Buffer } from 'node:buffer';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import { lowerToAscii } from './byte-text.js';

/** Parameters as they were written: `name`, `name*`, `name*0`, `name*1*`. One character for one byte. */
export type Pieces = ReadonlyMap<string, string>;

/**
 * Parameters with their extended forms (RFC 2231) decoded and their pieces joined, as text. An extended
 * form wins over the plain one, as in Go's `mime` package; what cannot be decoded is left out.
 */
export function stitchContinuations(pieces: Pieces): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const extended = new Set<string>();
  for (const [name, value] of pieces) {
    const star = name.indexOf('*');
    if (star < 0) parameters.set(name, toText(value));
    else extended.add(name.slice(0, star));
  }
  for (const name of extended) {
    const value = extendedValue(pieces, name);
    if (value !== undefined) parameters.set(name, toText(value));
  }
  return parameters;
}

function extendedValue(pieces: Pieces, name: string): string | undefined {
  const single = pieces.get(`${name}*`);
  if (single !== undefined) return decodeWithCharset(single);
  let value: string | undefined;
  for (let index = 0; ; index += 1) {
    const piece = pieceAt(pieces, `${name}*${index}`, index === 0);
    if (piece === undefined) return value;
    value = (value ?? '') + piece;
  }
}

function pieceAt(pieces: Pieces, key: string, first: boolean): string | undefined {
  const plain = pieces.get(key);
  if (plain !== undefined) return plain;
  const encoded = pieces.get(`${key}*`);
  if (encoded === undefined) return undefined;
  return (first ? decodeWithCharset(encoded) : unescapeBytes(encoded)) ?? '';
}

/** `charset'language'percent-encoded`; only UTF-8 and its subset are known. */
function decodeWithCharset(value: string): string | undefined {
  const [charset, language, ...rest] = value.split("'");
  if (language === undefined || rest.length === 0) return undefined;
  return /^(?:us-ascii|utf-8)$/.test(lowerToAscii(charset ?? '')) ? unescapeBytes(rest.join("'")) : undefined;
}

function unescapeBytes(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  return text.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function toText(bytes: string): string {
  return decodeUtf8(Buffer.from(bytes, 'latin1'));
}

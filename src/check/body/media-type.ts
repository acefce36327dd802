import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../../errors/result.js';
import { lowerToAscii, trim, trimStart } from './byte-text.js';
import { readParameter, token } from './media-parameter.js';
import { type Pieces, stitchContinuations } from './rfc2231.js';

/** A media type, or a content disposition, which is written the same way. Names are in lower case. */
export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Reads `type/subtype; name=value` with the tolerance and the error texts of Go's
 * `mime.ParseMediaType`: equal repeated parameters pass, different ones do not, `name*=` is decoded.
 */
export function parseMediaType(text: string): Result<MediaType, string> {
  // Byte by byte, as Go does: a quoted value may hold any UTF-8.
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const semicolon = bytes.indexOf(';');
  const type = trim(semicolon < 0 ? bytes : bytes.slice(0, semicolon));
  const fault = typeFault(lowerToAscii(type));
  if (fault !== undefined) return fail(`mime: ${fault}`);
  const pieces = readParameters(semicolon < 0 ? '' : bytes.slice(semicolon));
  if (!pieces.ok) return pieces;
  return ok({ type: type.toLowerCase(), parameters: stitchContinuations(pieces.value) });
}

function typeFault(text: string): string | undefined {
  const type = token(text);
  if (type === '') return 'no media type';
  const rest = text.slice(type.length);
  if (rest === '') return undefined;
  if (!rest.startsWith('/')) return 'expected slash after first token';
  const subtype = token(rest.slice(1));
  if (subtype === '') return 'expected token after slash';
  return rest.length > subtype.length + 1 ? 'unexpected content after media subtype' : undefined;
}

function readParameters(text: string): Result<Pieces, string> {
  const pieces = new Map<string, string>();
  let rest = trimStart(text);
  while (rest !== '') {
    const parameter = readParameter(rest);
    if (parameter === undefined) {
      return trim(rest) === ';' ? ok(pieces) : fail('mime: invalid media parameter');
    }
    const known = pieces.get(parameter.name);
    if (known !== undefined && known !== parameter.value) return fail('mime: duplicate parameter name');
    pieces.set(parameter.name, parameter.value);
    rest = trimStart(parameter.rest);
  }
  return ok(pieces);
}

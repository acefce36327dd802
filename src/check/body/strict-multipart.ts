import { Buffer } from 'node:buffer';

/**
 * What readers of `multipart/form-data` disagree about, so that a backend could find a field that the
 * policy did not see, or another value for it: which lines are boundaries, what stands around the
 * parts, which of two headers counts, what a name is. Browsers and the usual clients send none of it.
 *
 * @returns why the body is ambiguous, undefined when it is not
 */
export function multipartAmbiguity(bytes: Uint8Array, boundary: string): string | undefined {
  if (!/^[0-9A-Za-z'()+_,\-./:=?]{1,70}$/.test(boundary)) return 'the boundary has unusual characters';
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const delimiter = `--${boundary}`;
  const first = body.indexOf(delimiter);
  if (first < 0 || !onlyLineEnds(body.slice(0, first))) return 'text stands before the first boundary';
  for (let at = first; ; ) {
    const behind = at + delimiter.length;
    if (body.startsWith('--', behind)) {
      return onlyLineEnds(body.slice(behind + 2)) ? undefined : 'text stands behind the last boundary';
    }
    const next = body.indexOf(delimiter, behind);
    if (!body.startsWith('\r\n', behind) || next < 0 || !body.startsWith('\r\n', next - 2)) {
      return 'a boundary is not a line of its own';
    }
    // A part without headers begins with the empty line itself.
    const headers = body.slice(behind, next).split('\r\n\r\n', 1)[0] ?? '';
    const fault = headersAmbiguity(headers.split('\r\n').slice(1));
    if (fault !== undefined) return fault;
    at = next;
  }
}

function onlyLineEnds(text: string): boolean {
  return /^(?:\r\n)*$/.test(text);
}

/** One line for one header: no continuation, no lone CR or LF. */
const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*)$/;

function headersAmbiguity(lines: readonly string[]): string | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return 'a part has a malformed header';
    if (headers.has(name.toLowerCase())) return 'a part has one header twice';
    headers.set(name.toLowerCase(), value);
  }
  return plainDisposition.test(headers.get('content-disposition') ?? '')
    ? undefined
    : 'a part has no plain Content-Disposition with a name';
}

/**
 * `form-data`, one name, and further parameters. Readers differ in undoing the escapes that a name may
 * have, be it by backslash or by percent (the three that browsers write), in the blanks at its ends, in
 * reading `name*`, and in finding the end of a value that holds a semicolon.
 */
const plainDisposition = (() => {
  const token = "[!#$%&'+\\-.^_`|~0-9A-Za-z]+";
  const name = `name=(?:"(?![ \\t])(?:(?!%22|%0[ad])[^";\\\\])+(?<![ \\t])"|${token})`;
  const other = `(?!name[ \\t]*[*=])${token}(?:=(?:"(?![^"]*;[ \\t]*name)[^"]*"|${token})|\\*=${token})`;
  const between = '[ \\t]*;[ \\t]*';
  return new RegExp(`^form-data(?:${between}${other})*${between}${name}(?:${between}${other})*[ \\t]*$`, 'i');
})();

import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../../errors/result.js';
import { goQuote } from '../../json/go-quote.js';
import { type PartHeaders, readPartHeaders } from './part-headers.js';

/** One part of a multipart body, its transfer encoding not yet undone. */
export interface Part {
  readonly headers: PartHeaders;
  readonly content: Uint8Array;
  /** The body ends inside this part: `content` is what is there, and it is an error to use it. */
  readonly unfinished: boolean;
}

/** As much of a line before the first boundary as Go's reader holds. */
const longestLine = 4096;

/**
 * Walks over the parts of a multipart body by the rules of Go's `mime/multipart`: a first boundary line
 * that ends in LF alone switches the whole body to LF, preamble and epilogue are skipped, part headers
 * cut off by the end of the body end the list without an error.
 */
export class MultipartReader {
  /** Whether the list of parts ended because the body ended among the headers of one. */
  cutOff = false;
  readonly #body: Buffer;
  readonly #dashBoundary: string;
  #newline = '\r\n';
  #at = 0;
  #partsRead = 0;

  constructor(body: Uint8Array, boundary: string) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#dashBoundary = Buffer.from(`--${boundary}`, 'utf8').toString('latin1');
  }

  /** The next part, `undefined` behind the last one, or an error in Go's words. */
  next(): Result<Part | undefined, string> {
    if (this.#dashBoundary === '--') return fail('multipart: boundary is empty');
    const found = this.#seekBoundary();
    if (!found.ok) return found;
    if (found.value === 'end') return ok(undefined);
    this.#partsRead += 1;
    const headers = readPartHeaders(this.#body, this.#at);
    if (!headers.ok) return headers;
    if (headers.value === undefined) {
      this.cutOff = true;
      return ok(undefined);
    }
    this.#at = headers.value.end;
    return ok(this.#part(headers.value.headers));
  }

  #part(headers: PartHeaders): Part {
    const start = this.#at;
    const end = this.#endOfPart(start);
    this.#at = end ?? this.#body.length;
    return { headers, content: this.#body.subarray(start, this.#at), unfinished: end === undefined };
  }

  #seekBoundary(): Result<'part' | 'end', string> {
    let separated = false;
    for (;;) {
      const newline = this.#body.indexOf(0x0a, this.#at);
      const bytes = this.#body.subarray(this.#at, newline < 0 ? this.#body.length : newline + 1);
      if (bytes.length > longestLine || (newline < 0 && bytes.length === longestLine)) {
        return fail('multipart: NextPart: bufio: buffer full');
      }
      const line = bytes.toString('latin1');
      if (newline < 0) return this.#isFinal(line) ? ok('end') : fail('multipart: NextPart: EOF');
      this.#at = newline + 1;
      if (this.#isDelimiter(line)) return ok('part');
      if (this.#isFinal(line)) return ok('end');
      if (separated) return fail(`multipart: expecting a new Part; got line ${goQuote(bytes)}`);
      if (this.#partsRead === 0) continue;
      if (line !== this.#newline) return fail(`multipart: unexpected line in Next(): ${goQuote(bytes)}`);
      separated = true;
    }
  }

  #isDelimiter(line: string): boolean {
    if (!line.startsWith(this.#dashBoundary)) return false;
    const rest = line.slice(this.#dashBoundary.length).replace(/^[ \t]+/, '');
    if (this.#partsRead === 0 && rest === '\n') this.#newline = '\n';
    return rest === this.#newline;
  }

  #isFinal(line: string): boolean {
    const final = `${this.#dashBoundary}--`;
    if (!line.startsWith(final)) return false;
    const rest = line.slice(final.length).replace(/^[ \t]+/, '');
    return rest === '' || rest === this.#newline;
  }

  /** Where the boundary that ends the part begins; undefined when there is none. */
  #endOfPart(start: number): number | undefined {
    if (this.#startsWith(this.#dashBoundary, start) && this.#endsBoundary(start + this.#dashBoundary.length)) {
      return start;
    }
    const delimiter = Buffer.from(this.#newline + this.#dashBoundary, 'latin1');
    let at = this.#body.indexOf(delimiter, start);
    while (at >= 0 && !this.#endsBoundary(at + delimiter.length)) {
      at = this.#body.indexOf(delimiter, at + delimiter.length);
    }
    return at < 0 ? undefined : at;
  }

  #startsWith(text: string, at: number): boolean {
    return this.#body.toString('latin1', at, at + text.length) === text;
  }

  /** What may stand behind a boundary: white space, the two dashes of the closing one, or nothing. */
  #endsBoundary(at: number): boolean {
    if (at === this.#body.length) return true;
    const next = this.#body.toString('latin1', at, at + 2);
    return next === '--' || /^[ \t\r\n]/.test(next);
  }
}

import { Buffer } from 'node:buffer';
import { byteAt } from './decode-utf8.js';
import { goQuoteByte } from './go-quote.js';
import type { JsonValue } from './json.js';
import { isHugeNumber, numberFromText, scanNumber } from './read-number.js';
import { readString } from './read-string.js';

/** Reads what has no parts: strings, numbers and literals. Each method answers undefined, and sets `error`, where there is none. */
export class JsonScanner {
  error = '';
  at = 0;
  readonly text: string;
  /** Set where a number that few readers can hold is an error. */
  refuseHugeNumbers = false;
  readonly #bytes: Uint8Array | undefined;

  /** @param bytes what the text was decoded from, so that an error can name a byte that is no text */
  constructor(text: string, bytes?: Uint8Array) {
    this.text = text;
    this.#bytes = bytes;
  }

  /** Moves to the next character that is no white space; its code, NaN at the end. */
  skipSpace(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.at += 1;
    }
  }

  /** The scalar that begins here, with the character of this code. */
  scalar(code: number): JsonValue | undefined {
    switch (code) {
      case 0x22:
        return this.string();
      case 0x74:
        return this.#literal('true', true);
      case 0x66:
        return this.#literal('false', false);
      case 0x6e:
        return this.#literal('null', null);
      default:
        if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return this.#number();
        return this.unexpected(this.at, 'looking for beginning of value');
    }
  }

  string(): string | undefined {
    const read = readString(this.text, this.at);
    if ('context' in read) return this.unexpected(read.at, read.context);
    this.at = read.end;
    return read.text;
  }

  unexpected(at: number, context: string): undefined {
    if (at >= this.text.length) this.error = /^[ \t\r\n]*$/.test(this.text) ? 'EOF' : 'unexpected EOF';
    else this.error = `invalid character ${goQuoteByte(byteAt(this.#bytes ?? Buffer.from(this.text), at))} ${context}`;
    return undefined;
  }

  #number(): JsonValue | undefined {
    const scan = scanNumber(this.text, this.at);
    if ('context' in scan) return this.unexpected(scan.at, scan.context);
    const text = this.text.slice(this.at, scan.end);
    if (this.refuseHugeNumbers && isHugeNumber(text)) {
      this.error = 'number too large';
      return undefined;
    }
    this.at = scan.end;
    return numberFromText(text);
  }

  #literal<Literal extends JsonValue>(word: string, value: Literal): Literal | undefined {
    for (let index = 1; index < word.length; index += 1) {
      if (this.text[this.at + index] !== word[index]) {
        return this.unexpected(this.at + index, `in literal ${word} (expecting '${word[index]}')`);
      }
    }
    this.at += word.length;
    return value;
  }
}

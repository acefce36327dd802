import { fail, ok, type Result } from '../errors/result.js';
import { decodeUtf8 } from './decode-utf8.js';
import { goQuoteByte } from './go-quote.js';
import type { JsonValue } from './json.js';
import { numberFromText, scanNumber } from './read-number.js';
import { readString } from './read-string.js';

/** What a text may contain. */
export interface JsonLimits {
  /** Levels of arrays and objects; 10000 by default, as in Go. */
  readonly maxDepth?: number;
  /** A name twice in one object: the last one wins (default), or the text is refused. */
  readonly duplicateNames?: 'last' | 'refuse';
  /** OPA reads one token behind the value and takes `null` for none; see `parsePluginJson`. */
  readonly trailingNull?: 'refuse' | 'accept';
}

type MutableObject = Record<string, JsonValue>;

interface Frame {
  readonly array: JsonValue[] | undefined;
  readonly object: MutableObject | undefined;
  name: string;
}

/** What was read instead of a value: the begin of a container, or a comma. */
const opened: unique symbol = Symbol('opened');
const separated: unique symbol = Symbol('separated');

/**
 * Reads one JSON value. Objects have no prototype; numbers keep their text where a JavaScript number
 * would change it. It neither throws nor recurses, so that nesting cannot exhaust the stack.
 *
 * @returns the value, or an error in the words of Go's encoding/json
 */
export function parseJson(text: string, limits: JsonLimits = {}): Result<JsonValue, string> {
  const parser = new Parser(text, limits);
  const value = parser.value();
  if (value === undefined || !parser.end()) return fail(parser.error);
  return ok(value);
}

/** Like {@link parseJson} for UTF-8 bytes; each invalid byte becomes one U+FFFD. */
export function parseJsonBytes(bytes: Uint8Array, limits: JsonLimits = {}): Result<JsonValue, string> {
  return parseJson(decodeUtf8(bytes), limits);
}

class Parser {
  error = '';
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #refuseDuplicates: boolean;
  readonly #acceptNull: boolean;
  readonly #frames: Frame[] = [];
  #at = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#maxDepth = limits.maxDepth ?? 10_000;
    this.#refuseDuplicates = limits.duplicateNames === 'refuse';
    this.#acceptNull = limits.trailingNull === 'accept';
  }

  value(): JsonValue | undefined {
    for (;;) {
      let value: JsonValue | typeof opened | typeof separated | undefined = this.#begin();
      if (value === opened) continue;
      while (value !== undefined && value !== separated) {
        const frame = this.#frames.at(-1);
        if (frame === undefined) return value;
        value = this.#attach(frame, value);
      }
      if (value === undefined) return undefined;
    }
  }

  end(): boolean {
    const code = this.#skipSpace();
    if (Number.isNaN(code)) return true;
    if (code === 0x7b || code === 0x5b) return this.#secondValue(String.fromCharCode(code));
    const start = this.#at;
    const value = this.#scalar(code);
    if (value === undefined) return false;
    if (value === null && this.#acceptNull) return true;
    if (typeof value === 'boolean') return this.#secondValue(`%!s(bool=${value})`);
    return this.#secondValue(typeof value === 'string' ? value : this.#text.slice(start, this.#at));
  }

  /** A scalar, an empty container, or {@link opened} when another value begins inside a container. */
  #begin(): JsonValue | typeof opened | undefined {
    const code = this.#skipSpace();
    if (code === 0x5b) {
      if (!this.#enter()) return undefined;
      if (this.#skipSpace() === 0x5d) return this.#leave([]);
      this.#frames.push({ array: [], object: undefined, name: '' });
      return opened;
    }
    if (code !== 0x7b) return this.#scalar(code);
    if (!this.#enter()) return undefined;
    const object: MutableObject = Object.create(null);
    if (this.#skipSpace() === 0x7d) return this.#leave(object);
    const frame: Frame = { array: undefined, object, name: '' };
    this.#frames.push(frame);
    return this.#name(frame) ? opened : undefined;
  }

  /** Puts the value in its container; returns the container when that ends too. */
  #attach(frame: Frame, value: JsonValue): JsonValue | typeof separated | undefined {
    const { array, object } = frame;
    if (array !== undefined) array.push(value);
    else if (object !== undefined) object[frame.name] = value;
    const code = this.#skipSpace();
    if (code === 0x2c) {
      this.#at += 1;
      return object === undefined || this.#name(frame) ? separated : undefined;
    }
    if (code === (array === undefined ? 0x7d : 0x5d)) {
      this.#at += 1;
      this.#frames.pop();
      return array ?? object;
    }
    return this.#unexpected(this.#at, array === undefined ? 'after object key:value pair' : 'after array element');
  }

  #name(frame: Frame): boolean {
    if (this.#skipSpace() !== 0x22) {
      this.#unexpected(this.#at, 'looking for beginning of object key string');
      return false;
    }
    const name = this.#string();
    if (name === undefined) return false;
    if (this.#refuseDuplicates && frame.object !== undefined && name in frame.object) {
      this.error = 'a name occurs twice in one object';
      return false;
    }
    frame.name = name;
    if (this.#skipSpace() !== 0x3a) {
      this.#unexpected(this.#at, 'after object key');
      return false;
    }
    this.#at += 1;
    return true;
  }

  #scalar(code: number): JsonValue | undefined {
    switch (code) {
      case 0x22:
        return this.#string();
      case 0x74:
        return this.#literal('true', true);
      case 0x66:
        return this.#literal('false', false);
      case 0x6e:
        return this.#literal('null', null);
      default:
        return code === 0x2d || (code >= 0x30 && code <= 0x39) ? this.#number() : this.#noValue();
    }
  }

  #string(): string | undefined {
    const read = readString(this.#text, this.#at);
    if ('context' in read) return this.#unexpected(read.at, read.context);
    this.#at = read.end;
    return read.text;
  }

  #number(): JsonValue | undefined {
    const scan = scanNumber(this.#text, this.#at);
    if ('context' in scan) return this.#unexpected(scan.at, scan.context);
    const text = this.#text.slice(this.#at, scan.end);
    this.#at = scan.end;
    return numberFromText(text);
  }

  #literal<Literal extends JsonValue>(word: string, value: Literal): Literal | undefined {
    for (let index = 1; index < word.length; index += 1) {
      if (this.#text[this.#at + index] !== word[index]) {
        return this.#unexpected(this.#at + index, `in literal ${word} (expecting '${word[index]}')`);
      }
    }
    this.#at += word.length;
    return value;
  }

  #enter(): boolean {
    this.#at += 1;
    if (this.#frames.length < this.#maxDepth) return true;
    this.error = 'exceeded max depth';
    return false;
  }

  #leave(empty: JsonValue): JsonValue {
    this.#at += 1;
    return empty;
  }

  #skipSpace(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#at += 1;
    }
  }

  #noValue(): undefined {
    return this.#unexpected(this.#at, 'looking for beginning of value');
  }

  #secondValue(token: string): false {
    this.error = `error: invalid character '${token}' after top-level value`;
    return false;
  }

  #unexpected(at: number, context: string): undefined {
    const point = this.#text.codePointAt(at);
    if (point === undefined) this.error = /^[ \t\r\n]*$/.test(this.#text) ? 'EOF' : 'unexpected EOF';
    else this.error = `invalid character ${goQuoteByte(leadByte(point))} ${context}`;
    return undefined;
  }
}

/** Go names the offending byte, which for a character beyond ASCII is the first of its UTF-8 bytes. */
function leadByte(point: number): number {
  if (point < 0x80) return point;
  if (point < 0x800) return 0xc0 | (point >> 6);
  return point < 0x10000 ? 0xe0 | (point >> 12) : 0xf0 | (point >> 18);
}

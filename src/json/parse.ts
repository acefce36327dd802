import { fail, ok, type Result } from '../errors/result.js';
import { decodeUtf8 } from './decode-utf8.js';
import type { JsonValue } from './json.js';
import { JsonScanner } from './scanner.js';

/** What a text may contain. */
export interface JsonLimits {
  /** Levels of arrays and objects; 10000 by default, as in Go. */
  readonly maxDepth?: number;
  /** Numbers of a thousand digits or with an exponent of five: kept as text (default), or the text is refused. */
  readonly hugeNumbers?: 'keep' | 'refuse';
  /** A name twice in one object: the last one wins (default), or the text is refused. */
  readonly duplicateNames?: 'last' | 'refuse';
  /** OPA reads one token behind the value and takes `null` for none; see `body-json.ts`. */
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
  return parse(new Parser(new JsonScanner(text), limits));
}

/** Like {@link parseJson} for UTF-8 bytes; each invalid byte becomes one U+FFFD. */
export function parseJsonBytes(bytes: Uint8Array, limits: JsonLimits = {}): Result<JsonValue, string> {
  return parse(new Parser(new JsonScanner(decodeUtf8(bytes), bytes), limits));
}

function parse(parser: Parser): Result<JsonValue, string> {
  const value = parser.value();
  if (value === undefined || !parser.end()) return fail(parser.error());
  return ok(value);
}

class Parser {
  readonly #scanner: JsonScanner;
  readonly #maxDepth: number;
  readonly #refuseDuplicates: boolean;
  readonly #acceptNull: boolean;
  readonly #frames: Frame[] = [];

  constructor(scanner: JsonScanner, limits: JsonLimits) {
    this.#scanner = scanner;
    scanner.refuseHugeNumbers = limits.hugeNumbers === 'refuse';
    this.#maxDepth = limits.maxDepth ?? 10_000;
    this.#refuseDuplicates = limits.duplicateNames === 'refuse';
    this.#acceptNull = limits.trailingNull === 'accept';
  }

  error(): string {
    return this.#scanner.error;
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

  /** Whether nothing follows the value; otherwise the error is what OPA says of the next token. */
  end(): boolean {
    const code = this.#scanner.skipSpace();
    if (Number.isNaN(code)) return true;
    if (code === 0x7b || code === 0x5b) return this.#secondValue(String.fromCharCode(code));
    const start = this.#scanner.at;
    const value = this.#scanner.scalar(code);
    if (value === undefined) return false;
    if (value === null && this.#acceptNull) return true;
    if (typeof value === 'boolean') return this.#secondValue(`%!s(bool=${value})`);
    return this.#secondValue(typeof value === 'string' ? value : this.#scanner.text.slice(start, this.#scanner.at));
  }

  /** A scalar, an empty container, or {@link opened} when another value begins inside a container. */
  #begin(): JsonValue | typeof opened | undefined {
    const code = this.#scanner.skipSpace();
    if (code === 0x5b) return this.#enter() ? this.#beginArray() : undefined;
    if (code === 0x7b) return this.#enter() ? this.#beginObject() : undefined;
    return this.#scanner.scalar(code);
  }

  #beginArray(): JsonValue | typeof opened {
    const array: JsonValue[] = [];
    if (this.#scanner.skipSpace() === 0x5d) return this.#leave(array);
    this.#frames.push({ array, object: undefined, name: '' });
    return opened;
  }

  #beginObject(): JsonValue | typeof opened | undefined {
    const object: MutableObject = Object.create(null);
    if (this.#scanner.skipSpace() === 0x7d) return this.#leave(object);
    const frame: Frame = { array: undefined, object, name: '' };
    this.#frames.push(frame);
    return this.#name(frame) ? opened : undefined;
  }

  /** Puts the value in its container; returns the container when that ends too. */
  #attach(frame: Frame, value: JsonValue): JsonValue | typeof separated | undefined {
    const { array, object } = frame;
    if (array !== undefined) array.push(value);
    else if (object !== undefined) object[frame.name] = value;
    const code = this.#scanner.skipSpace();
    if (code === 0x2c) {
      this.#scanner.at += 1;
      return object === undefined || this.#name(frame) ? separated : undefined;
    }
    if (code === (array === undefined ? 0x7d : 0x5d)) {
      this.#frames.pop();
      return this.#leave(array ?? object ?? null);
    }
    const context = array === undefined ? 'after object key:value pair' : 'after array element';
    return this.#scanner.unexpected(this.#scanner.at, context);
  }

  #name(frame: Frame): boolean {
    if (this.#scanner.skipSpace() !== 0x22) return this.#refuse('looking for beginning of object key string');
    const name = this.#scanner.string();
    if (name === undefined) return false;
    if (this.#refuseDuplicates && frame.object !== undefined && name in frame.object) {
      this.#scanner.error = 'a name occurs twice in one object';
      return false;
    }
    frame.name = name;
    if (this.#scanner.skipSpace() !== 0x3a) return this.#refuse('after object key');
    this.#scanner.at += 1;
    return true;
  }

  #enter(): boolean {
    this.#scanner.at += 1;
    if (this.#frames.length < this.#maxDepth) return true;
    this.#scanner.error = 'exceeded max depth';
    return false;
  }

  #leave(container: JsonValue): JsonValue {
    this.#scanner.at += 1;
    return container;
  }

  #refuse(context: string): false {
    this.#scanner.unexpected(this.#scanner.at, context);
    return false;
  }

  #secondValue(token: string): false {
    this.#scanner.error = `error: invalid character '${token}' after top-level value`;
    return false;
  }
}

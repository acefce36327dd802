import { LazyObject } from '../json/json.js';
import type { AsciiText } from './ascii-text.js';
import type { StringMap } from './attributes.js';
import { readTextEntry, readTextPair } from './message-fields.js';
import { WireReader } from './wire-reader.js';

/**
 * The `headers` of a request as they lie in its message, whose fields have been walked and found well-formed. Most
 * policies read few of them, or none, so they are looked for where they lie; the whole map is made for whoever
 * reads it.
 */
export class WireHeaders extends LazyObject {
  readonly #bytes: Uint8Array;
  readonly #ascii: AsciiText;
  readonly #start: number;
  readonly #end: number;
  readonly #tag: number;
  #value: StringMap | undefined;

  /** @param tag of the entries in the message between `start` and `end` */
  constructor(bytes: Uint8Array, ascii: AsciiText, [start, end]: readonly [number, number], tag: number) {
    super();
    this.#bytes = bytes;
    this.#ascii = ascii;
    this.#start = start;
    this.#end = end;
    this.#tag = tag;
  }

  get value(): StringMap {
    this.#value ??= this.#read();
    return this.#value;
  }

  /** Every name as it was sent; one that is there twice comes twice. */
  names(): readonly string[] {
    const names: string[] = [];
    const reader = this.#reader();
    while (this.#next(reader)) names.push(readTextPair(reader)[0]);
    return names;
  }

  /** The values of the names that `matches` takes. */
  values(matches: (name: string) => boolean): readonly string[] {
    const found: string[] = [];
    const reader = this.#reader();
    while (this.#next(reader)) {
      const [name, value] = readTextPair(reader);
      if (matches(name)) found.push(value);
    }
    // Of a name that is there twice the last value counts, which the whole map tells.
    if (found.length < 2) return found;
    return Object.keys(this.value).flatMap((name) => (matches(name) ? [this.value[name] ?? ''] : []));
  }

  #read(): StringMap {
    let map: Record<string, string> = Object.create(null);
    const reader = this.#reader();
    while (this.#next(reader)) map = readTextEntry(reader, map);
    return map;
  }

  #reader(): WireReader {
    return new WireReader(this.#bytes, this.#ascii, this.#start, this.#end);
  }

  /** Goes to the next entry. */
  #next(reader: WireReader): boolean {
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === this.#tag) return true;
      reader.skip(tag);
    }
    return false;
  }
}

import { LazyObject } from '../json/json.js';
import type { AsciiText } from './ascii-text.js';
import type { StringMap } from './attributes.js';
import { readKeyOfLength, readTextEntry, readValueOf } from './message-fields.js';
import { WireReader } from './wire-reader.js';

const none: readonly string[] = [];

/**
 * The `headers` of a request as they lie in its message, whose fields have been walked and found well-formed, each entry
 * a key and then a value. Most
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

  /** The names as they were sent whose length is wanted; one that is there twice comes twice. */
  names(isWanted: (length: number) => boolean): readonly string[] {
    let names: string[] | undefined;
    const reader = this.#reader();
    while (this.#next(reader)) {
      const name = readKeyOfLength(reader, isWanted);
      if (name === undefined) continue;
      names ??= [];
      names.push(name);
    }
    return names ?? none;
  }

  /** The values of the names of this length that `matches` takes. */
  values(length: number, matches: (name: string) => boolean): readonly string[] {
    let found: string[] | undefined;
    const reader = this.#reader();
    while (this.#next(reader)) {
      const value = readValueOf(reader, length, matches);
      if (value === undefined) continue;
      found ??= [];
      found.push(value);
    }
    if (found === undefined || found.length < 2) return found ?? none;
    // Of a name that is there twice the last value counts, which the whole map tells.
    return Object.keys(this.value).flatMap((name) =>
      name.length === length && matches(name) ? [this.value[name] ?? ''] : [],
    );
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

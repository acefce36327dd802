/** Reads the binary format of WebAssembly as far as it takes to find calls. Throws a RangeError at its end. */
export class WasmReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#at = start;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('the module ends too early');
    this.#at += 1;
    return byte;
  }

  /** An unsigned number in LEB128. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('a number is too long');
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  /** The next bytes, whose number stands before them. */
  block(): Uint8Array {
    const length = this.unsigned();
    const block = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return block;
  }

  text(): string {
    return Buffer.from(this.block()).toString('utf8');
  }
}

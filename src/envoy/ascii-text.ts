import { Buffer } from 'node:buffer';

/** A longer message is not worth a copy as text: most of it is a body. */
const longest = 64 * 1024;

/**
 * A message as one piece of text, of which its strings are pieces: one call into the runtime instead of one for each
 * string. That is right only if every string is ASCII, which is known at the end of the message: by then, as many of
 * its bytes must have been seen in varints as have their high bit set in all. A message of which more have it
 * must be read again without this.
 */
export class AsciiText {
  readonly text: string;
  readonly #high: number;
  #seen = 0;

  private constructor(text: string) {
    this.text = text;
    // As UTF-8, each of them would take one byte more.
    this.#high = Buffer.byteLength(text, 'utf8') - text.length;
  }

  /** So many bytes with their high bit set are not part of a string. Each byte may be told of only once. */
  see(count: number): void {
    this.#seen += count;
  }

  /** The same of bytes that may be anything. */
  seeBytes(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += 1) this.#seen += (bytes[at] as number) >> 7;
  }

  /** Undefined for a message that is too long to be read so. */
  static of(bytes: Buffer): AsciiText | undefined {
    return bytes.length > longest ? undefined : new AsciiText(bytes.toString('latin1'));
  }

  /** Whether every byte with its high bit set was accounted for, so that all strings were ASCII. */
  holds(): boolean {
    return this.#seen === this.#high;
  }
}

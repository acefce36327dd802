import { isUtf8 } from 'node:buffer';
import { JsonNumber } from '../json/json.js';
import type { AsciiText } from './ascii-text.js';
import { wireType } from './wire-format.js';

/** Why bytes are not a message. The text is fixed: nothing of what the client sent is in it. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/**
 * Reads protobuf's wire format. protobufjs's own decoder cannot be used: it turns invalid UTF-8
 * into U+FFFD, takes a field of the wrong wire type at its word and replaces where the format
 * says merge, each of which would let a policy see another request than Envoy sent.
 */
export class WireReader {
  readonly bytes: Buffer;
  private readonly ascii: AsciiText | undefined;
  private position: number;
  private limit: number;

  /** @param ascii the same bytes as text, whose pieces are then the strings; see {@link AsciiText} */
  constructor(bytes: Uint8Array, ascii?: AsciiText, start = 0, end = bytes.length) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.ascii = ascii;
    this.position = start;
    this.limit = end;
  }

  /** Whether the message under way has another field. */
  more(): boolean {
    return this.position < this.limit;
  }

  /** Goes into a nested message; give what it returns to {@link leave} after its last field. */
  enter(): number {
    const outer = this.limit;
    this.limit = this.endOfLength();
    return outer;
  }

  leave(outer: number): void {
    this.limit = outer;
  }

  /** Field number and wire type in one number, as wire-format.ts makes them. */
  tag(): number {
    const tag = this.varint();
    if (tag < 8 || tag > 0xffff_ffff) throw new WireError('invalid field number');
    return tag;
  }

  /** An unsigned varint; beyond 2^53 only its magnitude can be relied on. */
  private varint(): number {
    const first = this.byte();
    return first < 0x80 ? first : this.longVarint(first);
  }

  private longVarint(first: number): number {
    const start = this.position;
    const value = this.restOfVarint(first);
    // All bytes of a varint but the last have their high bit set.
    this.ascii?.see(this.position - start);
    return value;
  }

  private restOfVarint(first: number): number {
    let value = first & 0x7f;
    for (let scale = 0x80; scale <= 2 ** 56; scale *= 0x80) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
    }
    const last = this.byte();
    if (last > 1) throw new WireError('varint is longer than 64 bits');
    return value + last * 2 ** 63;
  }

  /** The 64 bits of a varint; `BigInt.asIntN` makes an int64 of them. */
  uint64(): bigint {
    const start = this.position;
    const near = this.varint();
    return near <= Number.MAX_SAFE_INTEGER ? BigInt(near) : this.bitsSince(start);
  }

  /** All bits of the varint that was read from `start` on. Not by reading it again: its bytes are counted. */
  private bitsSince(start: number): bigint {
    let value = 0n;
    for (let at = this.position - 1; at >= start; at -= 1) value = (value << 7n) | BigInt((this.bytes[at] ?? 0) & 0x7f);
    return value;
  }

  private byte(): number {
    const at = this.position;
    if (at >= this.limit) throw new WireError('message is truncated');
    this.position = at + 1;
    return this.bytes[at] as number;
  }

  private endOfLength(): number {
    const length = this.varint();
    const end = this.position + length;
    if (end > this.limit) throw new WireError('message is truncated');
    return end;
  }

  /** An int64: a number, or its digits where a number would change it. */
  int64(): number | JsonNumber {
    const start = this.position;
    const near = this.varint();
    if (near <= Number.MAX_SAFE_INTEGER) return near;
    const exact = BigInt.asIntN(64, this.bitsSince(start));
    const number = Number(exact);
    return Number.isSafeInteger(number) ? number : new JsonNumber(exact.toString());
  }

  /** An int32 or an enum: the low 32 bits, signed. */
  int32(): number {
    const start = this.position;
    const near = this.varint();
    if (near <= Number.MAX_SAFE_INTEGER) return near | 0;
    return Number(BigInt.asIntN(32, this.bitsSince(start)));
  }

  /** The low 32 bits, unsigned. */
  uint32(): number {
    return this.int32() >>> 0;
  }

  bool(): boolean {
    return this.varint() !== 0;
  }

  fixed32(): number {
    const at = this.position;
    this.advance(4);
    return this.bytes.readUInt32LE(at);
  }

  fixed64(): bigint {
    const at = this.position;
    this.advance(8);
    return this.bytes.readBigUInt64LE(at);
  }

  float(): number {
    const at = this.position;
    this.advance(4);
    return this.bytes.readFloatLE(at);
  }

  double(): number {
    const at = this.position;
    this.advance(8);
    return this.bytes.readDoubleLE(at);
  }

  string(): string {
    const end = this.endOfLength();
    const start = this.position;
    this.position = end;
    if (this.ascii !== undefined) return this.ascii.text.substring(start, end);
    const text = this.bytes.toString('utf8', start, end);
    // The decoder writes U+FFFD for what it cannot read, so only its presence calls for a second look.
    if (text.includes('\ufffd') && !isUtf8(this.bytes.subarray(start, end))) throw new WireError('string is not UTF-8');
    return text;
  }

  /** A view, not a copy. */
  byteString(): Uint8Array {
    const end = this.endOfLength();
    const start = this.position;
    this.position = end;
    this.ascii?.seeBytes(this.bytes, start, end);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, end - start);
  }

  /** Passes over a string that is not looked at now. */
  passString(): void {
    this.position = this.endOfLength();
  }

  /** The length of the string or message that comes next. Only for what has been walked before. */
  lengthAhead(): number {
    const start = this.position;
    const length = this.varint();
    this.position = start;
    return length;
  }

  /** Leaves out the rest of the message under way. Only for what has been walked before. */
  toEnd(): void {
    this.position = this.limit;
  }

  /** Where the message under way goes on, and where it ends. */
  range(): readonly [start: number, end: number] {
    return [this.position, this.limit];
  }

  /** Passes over the field whose tag has just been read. */
  skip(tag: number): void {
    if (tag % 8 === wireType.groupStart) this.skipGroup(tag);
    else this.skipPlain(tag);
  }

  private skipPlain(tag: number): void {
    const type = tag % 8;
    if (type === wireType.varint) this.varint();
    else if (type === wireType.fixed64) this.advance(8);
    else if (type === wireType.length) this.position = this.endOfLength();
    else if (type === wireType.fixed32) this.advance(4);
    else throw new WireError('invalid wire type');
  }

  /** A loop and no recursion: the depth of groups is the client's choice. */
  private skipGroup(tag: number): void {
    const open = [tag];
    while (open.length > 0) {
      const next = this.tag();
      if (next % 8 === wireType.groupStart) open.push(next);
      else if (next % 8 !== wireType.groupEnd) this.skipPlain(next);
      else if (open.pop() !== next - wireType.groupEnd + wireType.groupStart)
        throw new WireError('group is not closed');
    }
  }

  private advance(length: number): void {
    const start = this.position;
    if (start + length > this.limit) throw new WireError('message is truncated');
    this.position = start + length;
    this.ascii?.seeBytes(this.bytes, start, this.position);
  }
}

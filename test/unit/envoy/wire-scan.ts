import { isUtf8 } from 'node:buffer';
import protobuf from 'protobufjs';

/**
 * What protobuf's rules say about bytes, found by walking them along the schema:
 * `malformed` must be refused; in `special` lies something that protobufjs reads otherwise than
 * the rules say; for `plain` bytes protobufjs is right.
 *
 * protobufjs differs deliberately or not: it cuts a string short at the end of the buffer and
 * writes U+FFFD for bad UTF-8, takes any wire type for a known field, replaces a repeated
 * singular message, keeps every member of a oneof, takes a 32-bit varint of six to nine bytes for
 * ten, drops bits beyond 64, and neither matches the ends of groups nor knows field number 0.
 */
export type Verdict = 'plain' | 'special' | 'malformed';

export function scan(bytes: Buffer, type: protobuf.Type): Verdict {
  const scanner = new Scanner(bytes);
  try {
    scanner.message(bytes.length, type);
  } catch (thrown) {
    if (thrown === malformed) return 'malformed';
    throw thrown;
  }
  return scanner.special ? 'special' : 'plain';
}

const malformed = Symbol('malformed');
const wireTypes: Readonly<Record<string, number>> = { double: 1, string: 2, bytes: 2 };

class Scanner {
  special = false;
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  message(end: number, type: protobuf.Type | undefined): void {
    const seen = new Set<string>();
    while (this.at < end) {
      const tag = this.varint(end, 5);
      const number = tag >> 3n;
      if (number === 0n || tag > 0xffff_ffffn) throw malformed;
      const field = type?.fieldsById[Number(number)];
      const wire = Number(tag & 7n);
      if (field !== undefined && wire === wireType(field)) this.field(end, field, seen);
      else this.unknown(end, number, wire, field !== undefined);
    }
  }

  private field(end: number, field: protobuf.Field, seen: Set<string>): void {
    const type = field.resolvedType;
    const repeated = field.repeated || field.map;
    if (type instanceof protobuf.Type && !repeated && seen.has(field.name)) this.special = true;
    const rival = field.partOf?.oneof.some((name) => name !== field.name && seen.has(name));
    if (rival) this.special = true;
    seen.add(field.name);
    if (field instanceof protobuf.MapField) this.mapEntry(this.length(end), field);
    else if (type instanceof protobuf.Type) this.message(this.length(end), type);
    else if (field.type === 'string') this.string(end);
    else if (field.type === 'bytes') this.at = this.length(end);
    else if (field.type === 'double') this.skip(end, 8);
    else this.scalar(end, field);
  }

  private scalar(end: number, field: protobuf.Field): void {
    if (field.type === 'int64') this.varint(end, 10);
    else if (field.type === 'bool') this.varint(end, 5);
    else this.varint(end, 5, 10);
  }

  private mapEntry(end: number, field: protobuf.MapField): void {
    let values = 0;
    while (this.at < end) {
      const tag = this.varint(end, 5);
      if (tag === 10n) this.string(end);
      else if (tag !== 18n) {
        if (tag >> 3n === 0n || tag > 0xffff_ffffn) throw malformed;
        this.unknown(end, tag >> 3n, Number(tag & 7n), tag >> 3n < 3n);
      } else if (field.resolvedType instanceof protobuf.Type) {
        values += 1;
        if (values > 1) this.special = true;
        this.message(this.length(end), field.resolvedType);
      } else this.string(end);
    }
  }

  private unknown(end: number, number: bigint, wire: number, known: boolean): void {
    if (known) this.special = true;
    if (wire === 0) this.varint(end, 10);
    else if (wire === 1) this.skip(end, 8);
    else if (wire === 2) this.at = this.length(end);
    else if (wire === 3) this.group(end, number);
    else if (wire === 5) this.skip(end, 4);
    else throw malformed;
  }

  private group(end: number, number: bigint): void {
    for (;;) {
      const tag = this.varint(end, 5);
      const inner = tag >> 3n;
      if (inner === 0n || tag > 0xffff_ffffn) throw malformed;
      if ((tag & 7n) === 4n && inner === number) return;
      this.unknown(end, inner, Number(tag & 7n), false);
    }
  }

  private string(end: number): void {
    const length = Number(this.varint(end, 5));
    const start = this.at;
    this.skip(end, length);
    if (!isUtf8(this.bytes.subarray(start, this.at))) throw malformed;
  }

  /** Where what follows the length ends. */
  private length(end: number): number {
    const length = this.varint(end, 5);
    if (BigInt(this.at) + length > BigInt(end)) throw malformed;
    return this.at + Number(length);
  }

  private skip(end: number, length: number): void {
    if (this.at + length > end) throw malformed;
    this.at += length;
  }

  /** `alsoPlain`: a negative int32 takes ten bytes, and protobufjs reads that rightly. */
  private varint(end: number, plainLength: number, alsoPlain?: number): bigint {
    let value = 0n;
    for (let length = 1; length <= 10; length += 1) {
      if (this.at >= end) throw malformed;
      const byte = this.bytes[this.at] ?? 0;
      this.at += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * (length - 1));
      if (byte > 0x7f) continue;
      if (value >= 2n ** 64n) throw malformed;
      if (length > plainLength && length !== alsoPlain) this.special = true;
      return value;
    }
    throw malformed;
  }
}

function wireType(field: protobuf.Field): number {
  return field.resolvedType instanceof protobuf.Type || field.map ? 2 : (wireTypes[field.type] ?? 0);
}

import { ScalarType } from '@bufbuild/protobuf';
import { wireType } from '../../envoy/wire-format.js';
import type { WireReader } from '../../envoy/wire-reader.js';
import type { ProtoScalar } from './protobuf-message.js';

/** How one scalar type stands on the wire. */
export interface ScalarForm {
  readonly wireType: number;
  read(reader: WireReader): ProtoScalar;
}

const { varint, fixed32, fixed64, length } = wireType;

const forms: Readonly<Record<ScalarType, ScalarForm>> = {
  [ScalarType.DOUBLE]: { wireType: fixed64, read: (reader) => reader.double() },
  [ScalarType.FLOAT]: { wireType: fixed32, read: (reader) => shortestFloat(reader.float()) },
  [ScalarType.INT64]: { wireType: varint, read: (reader) => BigInt.asIntN(64, reader.uint64()) },
  [ScalarType.UINT64]: { wireType: varint, read: (reader) => reader.uint64() },
  [ScalarType.INT32]: { wireType: varint, read: (reader) => reader.int32() },
  [ScalarType.FIXED64]: { wireType: fixed64, read: (reader) => reader.fixed64() },
  [ScalarType.FIXED32]: { wireType: fixed32, read: (reader) => reader.fixed32() },
  [ScalarType.BOOL]: { wireType: varint, read: (reader) => reader.bool() },
  [ScalarType.STRING]: { wireType: length, read: (reader) => reader.string() },
  [ScalarType.BYTES]: { wireType: length, read: (reader) => reader.byteString() },
  [ScalarType.UINT32]: { wireType: varint, read: (reader) => reader.uint32() },
  [ScalarType.SFIXED32]: { wireType: fixed32, read: (reader) => reader.fixed32() | 0 },
  [ScalarType.SFIXED64]: { wireType: fixed64, read: (reader) => BigInt.asIntN(64, reader.fixed64()) },
  [ScalarType.SINT32]: { wireType: varint, read: (reader) => zigzag32(reader.uint32()) },
  [ScalarType.SINT64]: { wireType: varint, read: (reader) => zigzag64(reader.uint64()) },
};

/** An enum value is an int32 on the wire. */
export const enumForm = forms[ScalarType.INT32];

export function scalarForm(scalar: ScalarType): ScalarForm {
  return forms[scalar];
}

function zigzag32(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

function zigzag64(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

const smallestNormal = 2 ** -126;

/**
 * The number that a policy writes: `0.1`, and not the nearest single, 0.10000000149011612. Six
 * digits survive any normal single, so that fewer need not be tried.
 */
function shortestFloat(single: number): number {
  if (!Number.isFinite(single) || (Number.isInteger(single) && Math.abs(single) < 2 ** 24)) return single;
  for (let digits = Math.abs(single) < smallestNormal ? 1 : 6; digits < 9; digits += 1) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return shorter;
  }
  return Number(single.toPrecision(9));
}

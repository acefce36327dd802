/** The wire types of protobuf. */
export const wireType = { varint: 0, fixed64: 1, length: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

/** The tag of a field that holds a varint: field number and wire type in one number. */
export function varintTag(field: number): number {
  return field * 8 + wireType.varint;
}

/** The tag of a field that holds a double. */
export function doubleTag(field: number): number {
  return field * 8 + wireType.fixed64;
}

/** The tag of a field that holds a string, bytes, a message or a map entry. */
export function lengthTag(field: number): number {
  return field * 8 + wireType.length;
}

/** The fields of a map entry, whatever the map. */
export const mapEntry = { key: lengthTag(1), value: lengthTag(2) } as const;

/** The fields of `google.protobuf.Struct`, `Value` and `ListValue`. */
export const structFields = lengthTag(1);
export const listValues = lengthTag(1);
export const valueKind = {
  null: varintTag(1),
  number: doubleTag(2),
  string: lengthTag(3),
  bool: varintTag(4),
  struct: lengthTag(5),
  list: lengthTag(6),
} as const;

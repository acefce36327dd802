import { type DescExtension, type DescField, type DescMessage, type DescOneof, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';

export type ProtoField = DescField | DescExtension;
export type ProtoScalar = boolean | number | bigint | string | Uint8Array;
export type ProtoItem = ProtoScalar | ProtoMessage;

/** What a field holds: maps by the text of their keys. */
export type ProtoValue = ProtoItem | ProtoItem[] | Map<string, ProtoItem>;

/** A decoded message: the fields that were on the wire, in the order in which each came first. */
export interface ProtoMessage {
  readonly type: DescMessage;
  /** Changed by {@link setField} only. */
  values: ReadonlyMap<ProtoField, ProtoValue>;
  /** The member that each oneof has at present; kept, because a oneof may have many and a client may alternate. */
  members?: Map<DescOneof, ProtoField>;
}

/** Shared: two bytes of a body make an empty message. */
const noValues: ReadonlyMap<ProtoField, ProtoValue> = new Map();

export function emptyMessage(type: DescMessage): ProtoMessage {
  return { type, values: noValues };
}

/** Sets a field and takes away what another member of its oneof held. */
export function setField(message: ProtoMessage, field: ProtoField, value: ProtoValue): void {
  if (message.values === noValues) message.values = new Map();
  const values = message.values as Map<ProtoField, ProtoValue>;
  if (field.oneof !== undefined) {
    message.members ??= new Map();
    const earlier = message.members.get(field.oneof);
    if (earlier !== undefined && earlier !== field) values.delete(earlier);
    message.members.set(field.oneof, field);
  }
  values.set(field, value);
}

export function isMessage(value: ProtoValue | undefined): value is ProtoMessage {
  return typeof value === 'object' && 'values' in value && 'type' in value;
}

/** The field of `message` with this number, if it was on the wire. */
export function valueAt(message: ProtoMessage, number: number): ProtoValue | undefined {
  const field = fieldsOf(message.type).get(number);
  return field && message.values.get(field);
}

const fieldTables = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

/** The fields of a type by number, without extensions. */
export function fieldsOf(type: DescMessage): ReadonlyMap<number, DescField> {
  const known = fieldTables.get(type);
  if (known !== undefined) return known;
  const table = new Map(type.fields.map((field) => [field.number, field]));
  fieldTables.set(type, table);
  return table;
}

const requiredFields = new WeakMap<DescMessage, readonly DescField[]>();

/** The fields without which proto2 does not accept a message. */
export function requiredFieldsOf(type: DescMessage): readonly DescField[] {
  const known = requiredFields.get(type);
  if (known !== undefined) return known;
  const required = type.fields.filter(({ presence }) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED);
  requiredFields.set(type, required);
  return required;
}

/** Whether the field, having this value, is the same as not set. */
export function isUnset(field: ProtoField, value: ProtoValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return field.presence === FeatureSet_FieldPresence.IMPLICIT && isZero(value);
}

/** What a scalar is that is not on the wire; also for a map entry without a value. */
export function zeroOf(scalar: ScalarType): ProtoScalar {
  if (scalar === ScalarType.STRING) return '';
  if (scalar === ScalarType.BYTES) return new Uint8Array();
  if (scalar === ScalarType.BOOL) return false;
  return wideTypes.has(scalar) ? 0n : 0;
}

const wideTypes: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]);

function isZero(value: ProtoItem): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  // -0 is a value of its own.
  return value === '' || value === false || value === 0n || Object.is(value, 0);
}

import protobuf from 'protobufjs';
import { JsonNumber } from '../../../src/json/json.js';

/** A message that protobufjs has decoded, by the presence rules of `Attributes`; slow and by the schema alone. */
export function asAttributes(message: protobuf.Message): unknown {
  const type = message.$type;
  if (type.fullName === '.google.protobuf.Struct') return asStruct(message);
  const result: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(message, field.name) ? asMember(field, (message as never)[field.name]) : undefined;
    if (value !== undefined) result[camelCase(field.name)] = value;
  }
  return result;
}

function asMember(field: protobuf.Field, value: unknown): unknown {
  if (field instanceof protobuf.MapField) return asMap(field, value as Record<string, unknown>);
  if (field.repeated) {
    const list = value as readonly protobuf.Message[];
    return list.length > 0 ? list.map(asAttributes) : undefined;
  }
  if (field.resolvedType instanceof protobuf.Type) return asAttributes(value as protobuf.Message);
  const scalar = asScalar(value);
  if (field.partOf) return scalar;
  const zero = scalar instanceof Uint8Array ? scalar.length === 0 : !scalar;
  return zero ? undefined : scalar;
}

function asScalar(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== 'object') return value;
  const digits = String(value);
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : new JsonNumber(digits);
}

function asMap(field: protobuf.MapField, map: Record<string, unknown>): unknown {
  const entries = Object.keys(map).map((name): [string, unknown] => [name, asMapValue(field, map[name])]);
  return entries.length > 0 ? withoutPrototype(entries) : undefined;
}

function asMapValue(field: protobuf.MapField, value: unknown): unknown {
  if (!(field.resolvedType instanceof protobuf.Type)) return value;
  return asAttributes((value ?? field.resolvedType.create()) as protobuf.Message);
}

function asStruct(message: protobuf.Message): unknown {
  const fields = (message as unknown as { fields: Record<string, protobuf.Message | null> }).fields;
  return withoutPrototype(Object.keys(fields).map((name) => [name, asValue(fields[name] ?? null)]));
}

function asValue(value: protobuf.Message | null): unknown {
  const kind = value === null ? undefined : value.$type.fieldsArray.find((field) => Object.hasOwn(value, field.name));
  if (value === null || kind === undefined || kind.name === 'null_value') return null;
  const content = (value as never)[kind.name] as unknown;
  if (kind.name === 'struct_value') return asStruct(content as protobuf.Message);
  if (kind.name !== 'list_value') return content;
  return (content as { values: readonly protobuf.Message[] }).values.map(asValue);
}

function withoutPrototype(entries: readonly (readonly [string, unknown])[]): unknown {
  const object = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of entries) object[name] = value;
  return object;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

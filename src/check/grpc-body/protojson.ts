import type { DescEnum } from '@bufbuild/protobuf';
import type { JsonValue } from '../../json/json.js';
import {
  isMessage,
  isUnset,
  type ProtoField,
  type ProtoItem,
  type ProtoMessage,
  type ProtoValue,
  requiredFieldsOf,
  valueAt,
} from './protobuf-message.js';
import { readMessage } from './protobuf-reader.js';
import { type MessageBudget, MessageFault } from './protobuf-rules.js';
import { wellKnownForm } from './protojson-well-known.js';

/**
 * A message as the JSON form of protobuf has it: what is not set is left out, unknown fields too,
 * 64-bit integers are text, enum values are names.
 *
 * @throws WireError when a message packed inside is none
 * @throws MessageFault when the message has no such form, or the rules of the budget are broken
 */
export function writeMessage(message: ProtoMessage, budget: MessageBudget, depth = 1): JsonValue {
  budget.descend(depth);
  const { typeName } = message.type;
  if (typeName === 'google.protobuf.Any') return writeAny(message, budget, depth);
  const write = (field: ProtoField, value: ProtoValue) => writeValue(field, value, budget, depth);
  const special = wellKnownForm(typeName);
  return special === undefined ? writeFields(message, write) : special(message, write);
}

type WriteField = (field: ProtoField, value: ProtoValue) => JsonValue;
type Members = Record<string, JsonValue>;

function writeFields(message: ProtoMessage, write: WriteField): Members {
  const members: Members = Object.create(null);
  for (const field of requiredFieldsOf(message.type)) {
    if (!message.values.has(field)) throw new MessageFault('body_invalid', `required ${field.toString()} is not set`);
  }
  for (const [field, value] of message.values) {
    if (!isUnset(field, value)) members[nameOf(field)] = write(field, value);
  }
  return members;
}

function nameOf(field: ProtoField): string {
  return field.kind === 'extension' ? `[${field.typeName}]` : field.jsonName;
}

function writeValue(field: ProtoField, value: ProtoValue, budget: MessageBudget, depth: number): JsonValue {
  const writeItem = (item: ProtoItem) => writeSingle(field, item, budget, depth);
  if (Array.isArray(value)) return value.map(writeItem);
  if (!(value instanceof Map)) return writeItem(value);
  const entries: Members = Object.create(null);
  for (const [key, item] of value) entries[key] = writeItem(item);
  return entries;
}

function writeSingle(field: ProtoField, item: ProtoItem, budget: MessageBudget, depth: number): JsonValue {
  if (isMessage(item)) return writeMessage(item, budget, depth + 1);
  if (typeof item === 'bigint') return String(item);
  if (typeof item !== 'number') return item;
  if (field.enum !== undefined) return writeEnum(field.enum, item);
  return Number.isFinite(item) ? item : String(item);
}

/** A number without a name stays a number, also where proto2 closes the enum: the backend may see it. */
function writeEnum(type: DescEnum, number: number): JsonValue {
  if (type.typeName === 'google.protobuf.NullValue') return null;
  return type.value[number]?.name ?? number;
}

/** The message inside is read too: a policy that saw only bytes could not decide about it. */
function writeAny(any: ProtoMessage, budget: MessageBudget, depth: number): JsonValue {
  const url = valueAt(any, 1) || '';
  const bytes = valueAt(any, 2) ?? new Uint8Array();
  if (typeof url !== 'string' || !(bytes instanceof Uint8Array)) throw anyFault('is not declared as it should be');
  if (url === '' && bytes.length === 0) return Object.create(null);
  const type = budget.rules.types.getMessage(url.slice(url.lastIndexOf('/') + 1));
  if (type === undefined) throw anyFault(`holds the unknown type ${JSON.stringify(url.slice(0, 200))}`);
  const inner = writeMessage(readMessage(type, bytes, budget, depth + 1), budget, depth + 1);
  const members: Members = Object.create(null);
  members['@type'] = url;
  const standsAlone = type.typeName === 'google.protobuf.Any' || wellKnownForm(type.typeName) !== undefined;
  return Object.assign(members, standsAlone ? { value: inner } : inner);
}

function anyFault(what: string): MessageFault {
  return new MessageFault('body_invalid', `google.protobuf.Any ${what}`);
}

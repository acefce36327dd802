import { JsonNumber, type JsonObject, type JsonValue } from '../json/json.js';
import { listValues, mapEntry, structFields, valueKind } from './wire-format.js';
import type { WireWriter } from './wire-writer.js';

/**
 * C++ protobuf gives up beyond 100 messages inside each other, and Envoy would take a response it
 * cannot decode for a failed check, which `failure_mode_allow` turns into an allow. An object in
 * an object is three messages.
 */
const maxMessages = 90;

/**
 * Writes `google.protobuf.Struct`. Members that are undefined are left out, what is nested too
 * deep for Envoy becomes null, and numbers that a double cannot hold become strings.
 */
export function writeStruct(writer: WireWriter, tag: number, members: JsonObject): void {
  writeMembers(writer, tag, members, 1);
}

function writeMembers(writer: WireWriter, tag: number, members: JsonObject, depth: number): void {
  const struct = writer.begin(tag);
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member === undefined) continue;
    const entry = writer.begin(structFields);
    writer.stringField(mapEntry.key, name);
    writeValue(writer, mapEntry.value, member, depth + 2);
    writer.end(entry);
  }
  writer.end(struct);
}

function writeValue(writer: WireWriter, tag: number, value: JsonValue, depth: number): void {
  const start = writer.begin(tag);
  if (typeof value === 'string') writer.stringField(valueKind.string, value);
  else if (typeof value === 'boolean') writer.varintField(valueKind.bool, value ? 1 : 0);
  else if (typeof value === 'number') writeNumber(writer, value, String(value));
  else if (value instanceof JsonNumber) writeNumber(writer, Number(value.text), value.text);
  else if (value instanceof Uint8Array) writer.stringField(valueKind.string, Buffer.from(value).toString('base64'));
  else if (value === null || depth + 2 > maxMessages) writer.varintField(valueKind.null, 0);
  else if (isList(value)) writeList(writer, value, depth + 1);
  else writeMembers(writer, valueKind.struct, value, depth + 1);
  writer.end(start);
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function writeNumber(writer: WireWriter, value: number, text: string): void {
  // Envoy makes JSON of metadata, and JSON has neither NaN nor infinities.
  if (Number.isFinite(value)) writer.doubleField(valueKind.number, value);
  else writer.stringField(valueKind.string, text);
}

function writeList(writer: WireWriter, values: readonly JsonValue[], depth: number): void {
  const list = writer.begin(valueKind.list);
  for (const value of values) writeValue(writer, listValues, value, depth + 1);
  writer.end(list);
}

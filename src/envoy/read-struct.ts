import type { JsonObject, JsonValue } from '../json/json.js';
import { readMessageEntry } from './message-fields.js';
import { listValues, structFields, valueKind } from './wire-format.js';
import { WireError, type WireReader } from './wire-reader.js';

/**
 * Values inside values: what Envoy puts into metadata may come from a token, and each level costs
 * stack here and wherever the input is walked.
 */
const maxDepth = 500;

/** Reads a `google.protobuf.Struct` into a plain object; `earlier` is what the same field held before. */
export function readStruct(reader: WireReader, earlier: JsonObject | undefined): JsonObject {
  return readFields(reader, earlier, 0);
}

/** A Struct without fields. */
export function emptyStruct(): JsonObject {
  return Object.create(null) as JsonObject;
}

type Fields = Record<string, JsonValue>;

function readFields(reader: WireReader, earlier: JsonObject | undefined, depth: number): JsonObject {
  const readMember = (inner: WireReader, value: JsonValue | undefined): JsonValue => readValue(inner, value, depth + 1);
  const fields = (earlier ?? emptyStruct()) as Fields;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === structFields) readMessageEntry(reader, readMember, unsetValue, fields);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return fields;
}

function unsetValue(): JsonValue {
  return null;
}

/** The kinds are a oneof: the last one counts, and a struct or list merges with one just before it. */
function readValue(reader: WireReader, earlier: JsonValue | undefined, depth: number): JsonValue {
  if (depth > maxDepth) throw new WireError('metadata is nested too deep');
  const outer = reader.enter();
  let value: JsonValue = earlier ?? null;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === valueKind.string) value = reader.string();
    else if (tag === valueKind.number) value = reader.double();
    else if (tag === valueKind.bool) value = reader.bool();
    else if (tag === valueKind.struct) value = readFields(reader, isStruct(value) ? value : undefined, depth);
    else if (tag === valueKind.list) value = readList(reader, Array.isArray(value) ? value : [], depth);
    else if (tag === valueKind.null) value = readNull(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return value;
}

/** Within metadata an object that is no list is a struct: the reader makes no other. */
function isStruct(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readNull(reader: WireReader): null {
  reader.int32();
  return null;
}

function readList(reader: WireReader, list: JsonValue[], depth: number): readonly JsonValue[] {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === listValues) list.push(readValue(reader, undefined, depth + 1));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return list;
}

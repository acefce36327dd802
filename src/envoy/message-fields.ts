import { mapEntry } from './wire-format.js';
import type { WireReader } from './wire-reader.js';

/** A message while it is read. */
export type Mutable<Message> = { -readonly [Name in keyof Message]: Message[Name] };

/**
 * Sets a scalar that has no presence in proto3: its zero value is the same as its absence, so a
 * zero takes away what an earlier occurrence of the field has set.
 */
export function setScalar<Message, Name extends keyof Message>(
  message: Message,
  name: Name,
  value: Message[Name] & (string | number | boolean | object),
): void {
  if (value) message[name] = value;
  else if (message[name] !== undefined) delete message[name];
}

/** The same for bytes. */
export function setBytes<Message, Name extends keyof Message>(
  message: Message,
  name: Name,
  value: Message[Name] & Uint8Array,
): void {
  if (value.length > 0) message[name] = value;
  else if (message[name] !== undefined) delete message[name];
}

/** Reads one entry of a `map<string, string>` into `map`; without a map yet, into a new one. */
export function readTextEntry(reader: WireReader, map?: Record<string, string>): Record<string, string> {
  const [key, value] = readTextPair(reader);
  // No prototype: the names are the client's, and `__proto__` is a legal header name.
  const entries = map ?? (Object.create(null) as Record<string, string>);
  entries[key] = value;
  return entries;
}

/** Name and value of one entry of a `map<string, string>`. */
export function readTextPair(reader: WireReader): readonly [name: string, value: string] {
  const outer = reader.enter();
  let key = '';
  let value = '';
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === mapEntry.key) key = reader.string();
    else if (tag === mapEntry.value) value = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return [key, value];
}

/**
 * Passes over one entry of a `map<string, string>`, as strictly as it would be read.
 *
 * @returns whether it is as Envoy writes it, a key and then a value, so that {@link readKeyOfLength} can be used on it
 */
export function passTextEntry(reader: WireReader): boolean {
  const outer = reader.enter();
  let fields = 0;
  let plain = true;
  while (reader.more()) {
    const tag = reader.tag();
    plain &&= tag === (fields === 0 ? mapEntry.key : mapEntry.value);
    fields += 1;
    if (tag === mapEntry.key || tag === mapEntry.value) reader.passString();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return plain && fields === 2;
}

/** Reads the key of an entry if it has one of these lengths; goes to the end of the entry. */
export function readKeyOfLength(reader: WireReader, isWanted: (length: number) => boolean): string | undefined {
  const outer = reader.enter();
  reader.tag();
  const key = isWanted(reader.lengthAhead()) ? reader.string() : undefined;
  reader.toEnd();
  reader.leave(outer);
  return key;
}

/** Reads the value of an entry if its key has this length and `isKey` takes it; goes to the end of the entry. */
export function readValueOf(reader: WireReader, length: number, isKey: (key: string) => boolean): string | undefined {
  const outer = reader.enter();
  reader.tag();
  let value: string | undefined;
  if (reader.lengthAhead() === length && isKey(reader.string())) {
    reader.tag();
    value = reader.string();
  }
  reader.toEnd();
  reader.leave(outer);
  return value;
}

/**
 * Reads one entry of a map of messages into `map`, or into a new one. An entry without a value
 * has an empty message; `read` may be called again with what it gave, to merge.
 */
export function readMessageEntry<Message>(
  reader: WireReader,
  read: (reader: WireReader, earlier: Message | undefined) => Message,
  empty: () => Message,
  map?: Record<string, Message>,
): Record<string, Message> {
  const outer = reader.enter();
  let key = '';
  let value: Message | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === mapEntry.key) key = reader.string();
    else if (tag === mapEntry.value) value = read(reader, value);
    else reader.skip(tag);
  }
  reader.leave(outer);
  const entries = map ?? (Object.create(null) as Record<string, Message>);
  entries[key] = value === undefined ? empty() : value;
  return entries;
}

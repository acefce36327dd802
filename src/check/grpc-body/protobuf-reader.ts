import type { DescMessage } from '@bufbuild/protobuf';
import { wireType } from '../../envoy/wire-format.js';
import { WireError, WireReader } from '../../envoy/wire-reader.js';
import {
  emptyMessage,
  fieldsOf,
  isMessage,
  type ProtoField,
  type ProtoItem,
  type ProtoMessage,
  setField,
  zeroOf,
} from './protobuf-message.js';
import { type MessageBudget, MessageFault } from './protobuf-rules.js';
import { enumForm, type ScalarForm, scalarForm } from './protobuf-scalar.js';

/**
 * Reads a message by its descriptor. Not protobuf-es's own decoder: it takes a field of the wrong
 * wire type at its word and lets a nested message reach beyond the one around it, so that a client
 * could show the policy another message than the backend.
 *
 * @throws WireError when the bytes are no message of that type
 * @throws MessageFault when the rules of the budget are broken
 */
export function readMessage(type: DescMessage, bytes: Uint8Array, budget: MessageBudget, depth = 1): ProtoMessage {
  const message = emptyMessage(type);
  new MessageReader(new WireReader(bytes), budget).fields(message, depth);
  return message;
}

class MessageReader {
  readonly #wire: WireReader;
  readonly #budget: MessageBudget;

  constructor(wire: WireReader, budget: MessageBudget) {
    this.#wire = wire;
    this.#budget = budget;
  }

  fields(message: ProtoMessage, depth: number): void {
    this.#budget.descend(depth);
    while (this.#wire.more()) this.#field(message, this.#wire.tag(), depth);
  }

  #group(message: ProtoMessage, number: number, depth: number): void {
    this.#budget.descend(depth);
    for (;;) {
      const tag = this.#wire.tag();
      if (tag % 8 !== wireType.groupEnd) this.#field(message, tag, depth);
      else if (tag >>> 3 === number) return;
      else throw new WireError('group is not closed');
    }
  }

  #field(message: ProtoMessage, tag: number, depth: number): void {
    const number = tag >>> 3;
    const field = fieldsOf(message.type).get(number) ?? this.#budget.rules.types.getExtensionFor(message.type, number);
    if (field !== undefined) {
      if (this.#value(message, field, tag % 8, depth)) return;
      if (this.#budget.rules.otherWireType === 'refuse') {
        throw new MessageFault('body_invalid', `${field.toString()} has another wire type`);
      }
    }
    this.#wire.skip(tag);
  }

  /** @returns false when the wire type is not the field's */
  #value(message: ProtoMessage, field: ProtoField, type: number, depth: number): boolean {
    switch (field.fieldKind) {
      case 'scalar':
        return this.#single(message, field, scalarForm(field.scalar), type);
      case 'enum':
        return this.#single(message, field, enumForm, type);
      case 'message':
        return this.#nested(message, field, type, depth);
      case 'map':
        return this.#mapEntry(message, field, type, depth);
      case 'list':
        return this.#list(message, field, type, depth);
    }
  }

  #single(message: ProtoMessage, field: ProtoField, form: ScalarForm, type: number): boolean {
    if (type !== form.wireType) return false;
    this.#budget.spend();
    setField(message, field, form.read(this.#wire));
    return true;
  }

  /** The format says that a message that comes twice is merged, unless another member of its oneof came between. */
  #nested(message: ProtoMessage, field: ProtoField & { fieldKind: 'message' }, type: number, depth: number): boolean {
    if (type !== messageWireType(field)) return false;
    const earlier = message.values.get(field);
    const nested = isMessage(earlier) ? earlier : emptyMessage(field.message);
    this.#message(nested, field, depth);
    setField(message, field, nested);
    return true;
  }

  #message(message: ProtoMessage, field: ProtoField & MessageHolder, depth: number): void {
    this.#budget.spend();
    if (field.delimitedEncoding) this.#group(message, field.number, depth + 1);
    else this.#delimited(message, depth + 1);
  }

  #delimited(message: ProtoMessage, depth: number): void {
    const outer = this.#wire.enter();
    this.fields(message, depth);
    this.#wire.leave(outer);
  }

  #list(message: ProtoMessage, field: ProtoField & { fieldKind: 'list' }, type: number, depth: number): boolean {
    const items = listOf(message, field);
    if (field.listKind === 'message') {
      if (type !== messageWireType(field)) return false;
      const item = emptyMessage(field.message);
      this.#message(item, field, depth);
      items.push(item);
      return true;
    }
    const form = field.listKind === 'enum' ? enumForm : scalarForm(field.scalar);
    if (type === form.wireType) this.#item(items, form);
    else if (type === wireType.length) this.#packed(items, form);
    else return false;
    return true;
  }

  #item(items: ProtoItem[], form: ScalarForm): void {
    this.#budget.spend();
    items.push(form.read(this.#wire));
  }

  /** Packed or one by one: the format says to accept both, whatever the declaration says. */
  #packed(items: ProtoItem[], form: ScalarForm): void {
    const outer = this.#wire.enter();
    while (this.#wire.more()) this.#item(items, form);
    this.#wire.leave(outer);
  }

  #mapEntry(message: ProtoMessage, field: ProtoField & { fieldKind: 'map' }, type: number, depth: number): boolean {
    if (type !== wireType.length) return false;
    this.#budget.spend();
    let key = zeroOf(field.mapKey);
    let value: ProtoItem | undefined;
    const outer = this.#wire.enter();
    while (this.#wire.more()) {
      const tag = this.#wire.tag();
      if (tag === tagOf(1, scalarForm(field.mapKey).wireType)) key = scalarForm(field.mapKey).read(this.#wire);
      else if (tag === tagOf(2, mapValueWireType(field))) value = this.#mapValue(field, value, depth);
      else this.#otherInEntry(field, tag);
    }
    this.#wire.leave(outer);
    mapOf(message, field).set(String(key), value ?? absentMapValue(field));
    return true;
  }

  #mapValue(field: ProtoField & { fieldKind: 'map' }, earlier: ProtoItem | undefined, depth: number): ProtoItem {
    if (field.mapKind !== 'message') return mapValueForm(field).read(this.#wire);
    const nested = isMessage(earlier) ? earlier : emptyMessage(field.message);
    this.#delimited(nested, depth + 1);
    return nested;
  }

  #otherInEntry(field: ProtoField, tag: number): void {
    if (tag >>> 3 <= 2 && this.#budget.rules.otherWireType === 'refuse') {
      throw new MessageFault('body_invalid', `${field.toString()} has an entry of another wire type`);
    }
    this.#wire.skip(tag);
  }
}

interface MessageHolder {
  readonly message: DescMessage;
  readonly delimitedEncoding: boolean;
}

function listOf(message: ProtoMessage, field: ProtoField): ProtoItem[] {
  const earlier = message.values.get(field);
  if (Array.isArray(earlier)) return earlier;
  const list: ProtoItem[] = [];
  setField(message, field, list);
  return list;
}

function mapOf(message: ProtoMessage, field: ProtoField): Map<string, ProtoItem> {
  const earlier = message.values.get(field);
  if (earlier instanceof Map) return earlier;
  const map = new Map<string, ProtoItem>();
  setField(message, field, map);
  return map;
}

function messageWireType({ delimitedEncoding }: MessageHolder): number {
  return delimitedEncoding ? wireType.groupStart : wireType.length;
}

function mapValueForm(field: ProtoField & { fieldKind: 'map'; mapKind: 'scalar' | 'enum' }): ScalarForm {
  return field.mapKind === 'enum' ? enumForm : scalarForm(field.scalar);
}

function mapValueWireType(field: ProtoField & { fieldKind: 'map' }): number {
  return field.mapKind === 'message' ? wireType.length : mapValueForm(field).wireType;
}

function absentMapValue(field: ProtoField & { fieldKind: 'map' }): ProtoItem {
  if (field.mapKind === 'message') return emptyMessage(field.message);
  return field.mapKind === 'enum' ? (field.enum.values[0]?.number ?? 0) : zeroOf(field.scalar);
}

function tagOf(number: number, type: number): number {
  return number * 8 + type;
}

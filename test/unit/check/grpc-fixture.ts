import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { type GrpcDescriptors, parseGrpcDescriptors } from '../../../src/check/grpc-body/grpc-descriptors.js';

const folder = new URL('../../fixtures/grpc-bodies/', import.meta.url);

export const descriptorBytes: Uint8Array = readFileSync(new URL('descriptors.binpb', folder));

/** A message and what protobuf-go makes of it: JSON text, or nothing when it refuses it. */
export interface RecordedMessage {
  readonly name: string;
  readonly type: string;
  /** Hexadecimal. */
  readonly wire: string;
  /** With the types of the descriptors. */
  readonly known: string;
  /** As opa-envoy-plugin sees it, which knows only the types linked into it. */
  readonly plugin: string;
}

export const recordedMessages: readonly RecordedMessage[] = JSON.parse(
  readFileSync(new URL('messages.json', folder), 'utf8'),
);

export function descriptors(): GrpcDescriptors {
  const parsed = parseGrpcDescriptors(descriptorBytes);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** A field that holds text, bytes, a message or packed numbers, as it stands on the wire. */
export function lengthField(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.of(...bytes, rest);
}

/** A body of one gRPC message. */
export function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

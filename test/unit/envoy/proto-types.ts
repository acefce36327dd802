import type protobuf from 'protobufjs';
import { loadOwnProtos } from '../../../scripts/protos/load-protos.js';

const root = loadOwnProtos();
root.resolveAll();

export const checkRequest: protobuf.Type = root.lookupType('envoy.service.auth.v3.CheckRequest');
export const checkResponse: protobuf.Type = root.lookupType('envoy.service.auth.v3.CheckResponse');

/** A message in protobufjs's own object form (field names as in the proto files), encoded by protobufjs. */
export function encode(type: protobuf.Type, message: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

/** Encoded HttpRequest fields wrapped into a CheckRequest. */
export function requestWithHttp(http: Uint8Array): Buffer {
  return message(1, message(4, message(2, http)));
}

/** A length-delimited field. */
export function message(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2, ...varint(content.length)]), content]);
}

export function text(field: number, content: string): Buffer {
  return message(field, Buffer.from(content));
}

export function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varint(Math.floor(value / 0x80))];
}

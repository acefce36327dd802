import type { ServerHttp2Stream } from 'node:http2';
import { prefixLength } from './message-reader.js';
import { type CallFailure, statusCode } from './status.js';

const contentType = 'application/grpc';
const messageHeaders = { ':status': 200, 'content-type': contentType };
const okTrailers = { 'grpc-status': '0' };
const lateTrailers = {
  'grpc-status': String(statusCode.DEADLINE_EXCEEDED),
  'grpc-message': 'deadline exceeded',
};
// No gRPC client looks at a date, and Node makes one for each answer; the option is read since Node 10, and not documented.
const beforeTrailers = { waitForTrailers: true, sendDate: false };
const withoutBody = { endStream: true };

/** Whether anyone still listens. Node throws when a stream that has closed is written to. */
export function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed;
}

/** Headers, the message and an OK, in as few frames as gRPC allows. */
export function sendMessage(stream: ServerHttp2Stream, message: Buffer): void {
  const body = framed(message);
  openMessages(stream);
  stream.on('wantTrailers', sendOk);
  stream.end(body);
}

/** Headers of an answer of several messages, which {@link closeMessages} ends. */
export function openMessages(stream: ServerHttp2Stream): void {
  stream.respond(messageHeaders, beforeTrailers);
}

export function closeMessages(stream: ServerHttp2Stream, end: 'ok' | 'late'): void {
  if (!isOpen(stream) || stream.writableEnded) return;
  stream.on('wantTrailers', end === 'ok' ? sendOk : sendLate);
  stream.end();
}

function sendOk(this: ServerHttp2Stream): void {
  if (isOpen(this)) this.sendTrailers(okTrailers);
}

function sendLate(this: ServerHttp2Stream): void {
  if (isOpen(this)) this.sendTrailers(lateTrailers);
}

/** A status in the headers themselves, as Envoy needs it to retry. Throws, before anything is sent, on text that is no Unicode. */
export function sendFailure(stream: ServerHttp2Stream, { status, message }: CallFailure): void {
  const headers = {
    ':status': 200,
    'content-type': contentType,
    'grpc-status': String(statusCode[status]),
    'grpc-message': encodeURI(message),
  };
  stream.respond(headers, withoutBody);
}

/** An answer to what is no gRPC. */
export function sendHttpStatus(stream: ServerHttp2Stream, status: number): void {
  stream.respond({ ':status': status }, withoutBody);
}

/** A message behind the prefix that gRPC puts before it. */
export function framed(message: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(prefixLength + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  message.copy(bytes, prefixLength);
  return bytes;
}

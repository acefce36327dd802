import type { ServerHttp2Stream } from 'node:http2';

/** What a server makes of a check, right or wrong. `request` is the message without its frame header. */
export type CheckAnswer = (stream: ServerHttp2Stream, request: Buffer) => void;

const grpc = { ':status': 200, 'content-type': 'application/grpc' } as const;

/** A gRPC status and no message: one header frame, as grpc-js sends an error. */
export function grpcStatus(code: number): CheckAnswer {
  return (stream) => stream.respond({ ...grpc, 'grpc-status': String(code) }, { endStream: true });
}

/** An answer of something that is no gRPC server. */
export function httpStatus(status: number): CheckAnswer {
  return (stream) => {
    stream.respond({ ':status': status, 'content-type': 'text/plain' });
    stream.end('no gRPC here');
  };
}

/** The bytes as they are where the frame of a message is expected, then the status OK. */
export function bytesThenOk(bytes: Uint8Array): CheckAnswer {
  return (stream) => {
    stream.respond(grpc, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(bytes);
  };
}

/** A whole message and the status OK. */
export function message(bytes: Uint8Array): CheckAnswer {
  return bytesThenOk(framed(bytes));
}

/** A message behind its gRPC frame header. */
export function framed(bytes: Uint8Array, compressed = 0): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(compressed, 0);
  header.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

/** No answer, until the client gives up. */
export const silence: CheckAnswer = () => {};

/** `CheckResponse { status {} ok_response {} }`: a plain allow. */
export const allowed = Buffer.from([0x0a, 0x00, 0x1a, 0x00]);

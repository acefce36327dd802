import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { checkPath } from '../../../src/envoy/service-names.js';

export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
};
export const flag = { endStream: 1, ack: 1, endHeaders: 4 };

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A client that says in HTTP/2 whatever a test wants, well-formed or not. */
export interface RawPeer {
  send(...frames: Buffer[]): void;
  /** What the server said so far. */
  readonly frames: readonly Frame[];
  closed(): boolean;
  /** Stops reading, so that what the server writes piles up. */
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** Connects, and unless told otherwise says hello. */
export function connectRaw(address: string, hello = [preface, frame(frameType.settings, 0, 0)]): RawPeer {
  const [host = '', port = ''] = address.split(':');
  const socket = connect({ host, port: Number(port) });
  const frames: Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let closed = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (chunk) => {
    rest = readFrames(Buffer.concat([rest, chunk]), frames);
  });
  socket.write(Buffer.concat(hello));
  onTestFinished(() => {
    socket.destroy();
  });
  return {
    frames,
    send: (...more) => socket.write(Buffer.concat(more)),
    closed: () => closed,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    destroy: () => socket.destroy(),
  };
}

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block in HPACK, every field a literal that is not indexed. */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) => Buffer.concat([Buffer.of(0), text(name), text(value)])),
  );
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const over = bytes.length - 127;
  if (over >= 0x4000) throw new RangeError('too long for this peer');
  const length = over < 0x80 ? [127, over] : [127, 0x80 | (over & 0x7f), over >> 7];
  return Buffer.concat([Buffer.of(...length), bytes]);
}

export const checkHeaders = {
  ':method': 'POST',
  ':scheme': 'http',
  ':path': checkPath,
  ':authority': 'test',
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** The headers of a check. */
export function openCheck(stream: number, more: Readonly<Record<string, string>> = {}): Buffer {
  return frame(frameType.headers, flag.endHeaders, stream, headerBlock({ ...checkHeaders, ...more }));
}

/** A whole check. */
export function wholeCheck(stream: number, message = Buffer.of(7)): Buffer {
  return Buffer.concat([openCheck(stream), frame(frameType.data, flag.endStream, stream, framed(message))]);
}

/** A message behind its prefix. */
export function framed(message: Buffer, compressed = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function readFrames(bytes: Buffer, into: Frame[]): Buffer {
  let at = 0;
  while (bytes.length - at >= 9) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const [type = 0, flags = 0] = bytes.subarray(at + 3);
    into.push({ type, flags, stream: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return Buffer.from(bytes.subarray(at));
}

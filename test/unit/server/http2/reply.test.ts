import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { closeMessages } from '../../../../src/server/http2/reply.js';

/** As much of a stream as ending an answer needs; its trailers wait until the client takes what was written. */
class HeldStream extends EventEmitter {
  destroyed = false;
  closed = false;
  writableEnded = false;
  readonly trailers: unknown[] = [];

  end(): void {
    this.writableEnded = true;
  }

  sendTrailers(trailers: unknown): void {
    if (this.trailers.length > 0) throw new Error('Node refuses a second time');
    this.trailers.push(trailers);
  }
}

test('an answer that has ended with its deadline is not ended again by the stop of the server', () => {
  const stream = new HeldStream();
  closeMessages(stream as unknown as ServerHttp2Stream, 'late');
  closeMessages(stream as unknown as ServerHttp2Stream, 'ok');
  stream.emit('wantTrailers');
  expect(stream.trailers).toEqual([{ 'grpc-status': '4', 'grpc-message': 'deadline exceeded' }]);
});

test('nothing is sent to a stream that closed before its trailers were wanted', () => {
  const stream = new HeldStream();
  closeMessages(stream as unknown as ServerHttp2Stream, 'ok');
  stream.closed = true;
  stream.emit('wantTrailers');
  expect(stream.trailers).toEqual([]);
});

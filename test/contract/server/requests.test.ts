import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { connectHttp2, post } from './http2-client.js';
import { failOnLeaks } from './leaks.js';
import { framed } from './raw-peer.js';
import { describeServers, startServer as startAny } from './start-server.js';

failOnLeaks();

const whole = framed(Buffer.of(7));
const answered = { 'grpc-status': '0', 'content-type': expect.stringMatching(/^application\/grpc/) };

describeServers((startServer) => {
  test('a message may come in any pieces', async () => {
    const { address } = await startServer();
    const session = connectHttp2(address);
    const message = framed(Buffer.from('a message of some length'));
    for (const size of [1, 2, 4, 5, 6, 28]) {
      const pieces = Array.from({ length: Math.ceil(message.length / size) }, (_, index) =>
        message.subarray(index * size, (index + 1) * size),
      );
      const reply = await post(session, pieces);
      expect(reply.headers, `pieces of ${size}`).toMatchObject(answered);
      expect(reply.body).toEqual(message);
    }
  });

  test.each(['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8'])(
    'content type %s is served',
    async (contentType) => {
      const { address } = await startServer();
      const reply = await post(connectHttp2(address), [whole], { 'content-type': contentType });
      expect(reply.headers).toMatchObject(answered);
    },
  );

  test.each(['text/plain', 'application/json', ''])('content type "%s" is 415', async (contentType) => {
    const { address } = await startServer();
    const reply = await post(connectHttp2(address), [whole], { 'content-type': contentType });
    expect(reply.headers[':status']).toBe(415);
  });

  test.each([
    ['a malformed timeout', 'INTERNAL', [whole], { 'grpc-timeout': '1x' }],
    ['no message', 'UNIMPLEMENTED', [], {}],
    ['two messages at once', 'UNIMPLEMENTED', [Buffer.concat([whole, whole])], {}],
    ['two messages one after the other', 'UNIMPLEMENTED', [whole, whole], {}],
    ['an unknown compression', 'UNIMPLEMENTED', [framed(Buffer.of(7), 1)], { 'grpc-encoding': 'br' }],
  ] as const)('%s is %s', async (_, code, pieces, headers) => {
    const { address } = await startServer();
    const reply = await post(connectHttp2(address), pieces, headers);
    expect(reply.headers).toMatchObject({ ':status': 200, 'grpc-status': String(status[code]) });
    expect(reply.trailersOnly).toBe(true);
  });
});

describe('http2 alone, because grpc-js lets more in', () => {
  const startServer = () => startAny(undefined, { server: 'http2' });

  test.each([
    ['a timeout of nine digits', 'INTERNAL', framed(Buffer.of(7)), { 'grpc-timeout': '100000000n' }],
    ['a message said to be compressed by nothing', 'INTERNAL', framed(Buffer.of(7), 1), {}],
    ['an unknown flag before the message', 'INTERNAL', framed(Buffer.of(7), 2), {}],
    ['a request that ends within its message', 'INTERNAL', framed(Buffer.of(7, 7)).subarray(0, 6), {}],
    ['a request that ends within its prefix', 'INTERNAL', Buffer.of(0, 0), {}],
    ['gzip', 'UNIMPLEMENTED', framed(gzipSync(Buffer.of(7)), 1), { 'grpc-encoding': 'gzip' }],
    ['a timeout that is over', 'DEADLINE_EXCEEDED', framed(Buffer.of(7)), { 'grpc-timeout': '0m' }],
  ] as const)('%s is %s', async (_, code, body, headers) => {
    const { address } = await startServer();
    const reply = await post(connectHttp2(address), [body], headers);
    expect(reply.headers).toMatchObject({ ':status': 200, 'grpc-status': String(status[code]) });
    expect(reply.trailersOnly).toBe(true);
  });

  test.each(['GET', 'HEAD', 'PUT', 'OPTIONS'])('the method %s is 405', async (method) => {
    const { address } = await startServer();
    const reply = await post(connectHttp2(address), [], { ':method': method });
    expect(reply.headers[':status']).toBe(405);
  });

  test('gRPC-Web is another protocol: 415', async () => {
    const { address } = await startServer();
    const reply = await post(connectHttp2(address), [whole], { 'content-type': 'application/grpc-web' });
    expect(reply.headers[':status']).toBe(415);
  });
});

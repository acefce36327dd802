import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { checkPath } from '../../../src/envoy/service-names.js';
import { connectHttp2, post } from './http2-client.js';
import { failOnLeaks } from './leaks.js';
import { connectRaw, framed } from './raw-peer.js';
import { type HarnessOptions, startServer } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

function open(session: ClientHttp2Session, path = checkPath): ClientHttp2Stream {
  const request = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
  request.on('error', () => {});
  return request;
}

/** Only the lean server has these limits: grpc-js waits for a request as long as the client likes. */
describe('http2', () => {
  const start = (options: HarnessOptions = {}) => startServer(undefined, { ...options, server: 'http2' });

  test('a request that does not come to its end is DEADLINE_EXCEEDED, and its stream reset later', async () => {
    const { address } = await start({ requestTimeout: 40 });
    const session = connectHttp2(address);
    const request = open(session);
    request.write(framed(Buffer.alloc(100)).subarray(0, 50));
    const [headers] = await once(request, 'response');
    expect(headers).toMatchObject({ 'grpc-status': String(status.DEADLINE_EXCEEDED) });
    await until(() => request.closed);
    expect(request.rstCode).toBe(constants.NGHTTP2_CANCEL);
    expect((await post(session, [framed(Buffer.of(7))])).headers['grpc-status']).toBe('0');
  });

  test('a connection whose first frame does not come is closed', async () => {
    const { address, server } = await start({ requestTimeout: 40 });
    const peer = connectRaw(address, []);
    await until(() => peer.closed());
    await until(() => server.connections() === 0);
  });

  test('an answer that the client does not take is reset', async () => {
    const { address } = await startServer(() => ({ kind: 'response', bytes: Buffer.alloc(1000) }), {
      server: 'http2',
      requestTimeout: 40,
    });
    const session = connectHttp2(address);
    await new Promise((resolve) => session.settings({ initialWindowSize: 0 }, resolve));
    const request = open(session);
    request.end(framed(Buffer.of(7)));
    await until(() => request.closed);
    expect(request.rstCode).toBe(constants.NGHTTP2_CANCEL);
  });

  test('unfinished messages share a limit; whole ones are served meanwhile', async () => {
    const maxMessageSize = 4 * 1024 * 1024;
    const { address, client } = await start({ maxMessageSize });
    const chunk = Buffer.alloc(maxMessageSize / 2 + 1);
    const session = connectHttp2(address);
    const unfinished = Array.from({ length: 40 }, () => {
      const request = open(session);
      request.write(framed(Buffer.alloc(maxMessageSize)).subarray(0, chunk.length));
      return new Promise((resolve) => request.once('response', (headers) => resolve(headers['grpc-status'])));
    });
    expect(await Promise.race(unfinished)).toBe(String(status.RESOURCE_EXHAUSTED));
    expect(await client().call(Buffer.of(7)).reply).toMatchObject({ code: 0 });
  });

  test('a refused request that goes on and on is cut off', async () => {
    const { address } = await start({ maxMessageSize: 1024 });
    const session = connectHttp2(address);
    const request = open(session, '/unknown');
    const sending = setInterval(() => request.destroyed || request.write(Buffer.alloc(1024)), 1);
    await until(() => request.closed);
    clearInterval(sending);
    expect(request.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  test('headers beyond 16 KiB end their own call and no other', async () => {
    const { address } = await start();
    const session = connectHttp2(address);
    // A limit of HTTP/2 counts from the time that the client has confirmed it.
    await post(session, [framed(Buffer.of(7))]);
    const large = post(session, [framed(Buffer.of(7))], { 'x-large': 'a'.repeat(17_000) });
    await expect(large).rejects.toThrow();
    const reply = await post(session, [framed(Buffer.of(7))], { 'x-large': 'a'.repeat(12_000) });
    expect(reply.headers['grpc-status']).toBe('0');
  });
});

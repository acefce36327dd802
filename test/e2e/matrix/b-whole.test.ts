import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Echo } from '../../../examples/backend/echo.js';
import { echoedHeader, sendRaw } from '../../support/http.js';
import { perRoute } from './support/gateway.js';
import { connectHttp2, responseOf, sendHttp2 } from './support/http2.js';
import { newMark, type SeenDocument, useSeenInput } from './support/seen-input.js';

const asJson = { 'content-type': 'application/json' };

function rawBody(input: SeenDocument): string {
  return Buffer.from(input.attributes.request.http.rawBody, 'base64').toString('latin1');
}

function grpcFrame(message: Buffer, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

describe('whole bodies as bytes', () => {
  const stack = useSeenInput({
    change: ({ extAuthz, virtualHost, catchAll }) => {
      extAuthz['with_request_body'] = { max_request_bytes: 1024, pack_as_bytes: true };
      const unbuffered = { ...structuredClone(catchAll), match: { path_separated_prefix: '/unbuffered' } };
      unbuffered.typed_per_filter_config = perRoute({ check_settings: { disable_request_body_buffering: true } });
      virtualHost.routes.unshift(unbuffered);
    },
  });

  test('B1 JSON: the exact bytes, parsed, and said to be whole', async () => {
    const body = '{"a": [1.0, "é"]}';
    const { response, input, echo } = await stack().ask('/cars', { method: 'POST', headers: asJson, body });
    expect(response.status).toBe(200);
    expect(rawBody(input)).toBe(Buffer.from(body).toString('latin1'));
    expect(input.attributes.request.http).not.toHaveProperty('body');
    expect(input.attributes.request.http.size).toBe(Buffer.byteLength(body));
    expect(input.attributes.request.http.headers['x-envoy-auth-partial-body']).toBe('false');
    expect(input).toMatchObject({ parsed_body: { a: [1, 'é'] }, truncated_body: false });
    expect(echo?.body).toBe(body);
  });

  test('B2 as bytes, a body that is not UTF-8 is refused with 400 before the policy sees it', async () => {
    const body = Buffer.from('{"a":"\xff"}', 'latin1');
    const { response, input, echo } = await stack().ask('/cars', { method: 'POST', headers: asJson, body });
    expect(response.status).toBe(400);
    expect([input, echo]).toEqual([undefined, undefined]);
  });

  test('B3 a request without a body has none, and no word about a part', async () => {
    const { response, input } = await stack().ask('/cars', { headers: asJson });
    expect(response.status).toBe(200);
    expect(input).toMatchObject({ parsed_body: null, truncated_body: false });
    for (const member of ['body', 'rawBody', 'size']) expect(input.attributes.request.http).not.toHaveProperty(member);
    expect(input.attributes.request.http.headers).not.toHaveProperty('x-envoy-auth-partial-body');
  });

  test('B3 an empty body is none either', async () => {
    const { input } = await stack().ask('/cars', { method: 'POST', headers: asJson, body: '' });
    expect(input).toMatchObject({ parsed_body: null, truncated_body: false });
    expect(input.attributes.request.http).not.toHaveProperty('rawBody');
  });

  test('B4 more than the limit: 413 and no check', async () => {
    const before = await stack().checks();
    const { response, input, echo, log } = await stack().ask('/cars', {
      method: 'POST',
      headers: asJson,
      body: JSON.stringify('x'.repeat(2000)),
    });
    expect(response.status).toBe(413);
    expect(log).toMatchObject({ details: 'request_payload_too_large' });
    expect([input, echo]).toEqual([undefined, undefined]);
    expect(await stack().checks()).toEqual(before);
  });

  test('B7 a chunked body over HTTP/1.1, with an extension and a trailer', async () => {
    const mark = newMark();
    const head = ['POST /cars HTTP/1.1', 'host: x', 'content-type: application/json', 'transfer-encoding: chunked'];
    const chunks = '3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\nx-trailer: {"a":2}\r\n\r\n';
    const lines = [...head, `x-mark: ${mark}`, 'x-echo: 1', 'connection: close'];
    const { status, body } = await sendRaw(stack().url, `${lines.join('\r\n')}\r\n\r\n${chunks}`);
    const { input } = await stack().seen(mark);
    expect(status).toBe(200);
    expect(rawBody(input)).toBe('{"a":1}');
    expect(input).toMatchObject({ parsed_body: { a: 1 }, truncated_body: false });
    for (const name of ['transfer-encoding', 'content-length', 'x-trailer']) {
      expect(input.attributes.request.http.headers).not.toHaveProperty(name);
    }
    expect((JSON.parse(body) as Echo).body).toBe('{"a":1}');
  });

  test('B7 a body in pieces over HTTP/2, without a length and with trailers', async () => {
    const mark = newMark();
    const { status, body } = await sendHttp2(stack().url, {
      headers: { ':method': 'POST', ':path': '/cars', ...asJson, 'x-mark': mark, 'x-echo': '1' },
      body: ['{"a', '":', '1}'],
      trailers: { 'x-trailer': '1' },
    });
    const { input } = await stack().seen(mark);
    expect(status).toBe(200);
    expect(rawBody(input)).toBe('{"a":1}');
    expect(input).toMatchObject({ parsed_body: { a: 1 }, truncated_body: false });
    expect(input.attributes.request.http.headers).not.toHaveProperty('content-length');
    expect((JSON.parse(body) as Echo).body).toBe('{"a":1}');
  });

  test("B8 the client's own x-envoy-auth-partial-body is not seen by the policy, though the backend gets it", async () => {
    const headers = { ...asJson, 'x-envoy-auth-partial-body': 'true' };
    const { input, echo } = await stack().ask('/cars', { method: 'POST', headers, body: '{"a":1}' });
    expect(input.attributes.request.http.headers['x-envoy-auth-partial-body']).toBe('false');
    expect(input).toMatchObject({ parsed_body: { a: 1 }, truncated_body: false });
    expect(echo && echoedHeader(echo, 'x-envoy-auth-partial-body')).toEqual(['true']);
    const without = await stack().ask('/cars', { headers: { 'x-envoy-auth-partial-body': 'true' } });
    expect(without.input.attributes.request.http.headers).not.toHaveProperty('x-envoy-auth-partial-body');
    expect(without.input.truncated_body).toBe(false);
  });

  test('B9 a gRPC stream waits for its end without a check, and is answered 413 (in gRPC: status 2) at the limit', async () => {
    const before = await stack().checks();
    const session = await connectHttp2(stack().url);
    const mark = newMark();
    const headers = { ':method': 'POST', ':path': '/x.Y/Z', 'content-type': 'application/grpc', te: 'trailers' };
    const stream = session.request({ ...headers, 'x-mark': mark }, { endStream: false });
    const answer = responseOf(stream);
    stream.write(grpcFrame(Buffer.from('first')));
    await stack().ask('/cars');
    expect((await stack().checks()).ok).toBe(before.ok + 1);
    stream.write(grpcFrame(Buffer.alloc(2000)));
    const response = await answer;
    session.destroy();
    const { log, input } = await stack().seen(mark);
    expect(response).toMatchObject({
      status: 200,
      headers: { 'grpc-status': '2', 'grpc-message': 'Payload Too Large' },
    });
    expect(log).toMatchObject({ details: 'request_payload_too_large' });
    expect(input).toBeUndefined();
    expect((await stack().checks()).ok).toBe(before.ok + 1);
  });

  test('B9 on a route without buffering a stream is checked by its headers and passes', async () => {
    const session = await connectHttp2(stack().url);
    const mark = newMark();
    const headers = { ':method': 'POST', ':path': '/unbuffered/Z', 'content-type': 'application/grpc', te: 'trailers' };
    const before = await stack().checks();
    const stream = session.request({ ...headers, 'x-mark': mark, 'x-echo': '1' }, { endStream: false });
    const answer = responseOf(stream);
    stream.write(grpcFrame(Buffer.from('first')));
    await expect.poll(async () => (await stack().checks()).ok).toBe(before.ok + 1);
    stream.end(grpcFrame(Buffer.alloc(2000)));
    const { status, body } = await answer;
    session.destroy();
    const { input } = await stack().seen(mark);
    expect(status).toBe(200);
    expect(Buffer.from((JSON.parse(body) as Echo).body_base64, 'base64')).toHaveLength(2015);
    expect(input).toMatchObject({ parsed_body: null, truncated_body: false });
    expect(input.attributes.request.http).not.toHaveProperty('rawBody');
  });

  test.each([false, true])(
    'B11 a unary gRPC message (compressed: %s) is bytes, null when parsed, and no error',
    async (compressed) => {
      const mark = newMark();
      const frame = grpcFrame(Buffer.from('\x0a\x04cars'), compressed);
      const { status } = await sendHttp2(stack().url, {
        headers: {
          ':method': 'POST',
          ':path': '/cars.Cars/Get',
          'content-type': 'application/grpc',
          te: 'trailers',
          'x-mark': mark,
          'x-echo': '1',
        },
        body: [frame],
      });
      const { input } = await stack().seen(mark);
      expect(status).toBe(200);
      expect(rawBody(input)).toBe(frame.toString('latin1'));
      expect(input).toMatchObject({ parsed_body: null, truncated_body: false, parsed_path: ['cars.Cars', 'Get'] });
    },
  );

  test('B14 Expect: 100-continue', async () => {
    const mark = newMark();
    const body = '{"a":1}';
    const sending = request(`${stack().url}/cars`, {
      method: 'POST',
      agent: false,
      headers: { ...asJson, 'content-length': body.length, expect: '100-continue', 'x-mark': mark, 'x-echo': '1' },
    });
    const continued = once(sending, 'continue');
    const answered = once(sending, 'response');
    sending.flushHeaders();
    await continued;
    sending.end(body);
    const [response] = (await answered) as [IncomingMessage];
    const echo = (await json(response)) as Echo;
    const { input } = await stack().seen(mark);
    expect(response.statusCode).toBe(200);
    expect(input).toMatchObject({ parsed_body: { a: 1 }, truncated_body: false });
    expect(echo.body).toBe(body);
  });
});

describe('whole bodies as text', () => {
  const stack = useSeenInput({
    change: ({ extAuthz }) => {
      extAuthz['with_request_body'] = { max_request_bytes: 1024 };
    },
  });

  test('B2 bytes that are not UTF-8 are `!` one by one: no reader can tell them from a real one, but that it is `body`', async () => {
    const body = Buffer.from('{"a":"\xff\xc3(!"}', 'latin1');
    const { response, input, echo } = await stack().ask('/cars', { method: 'POST', headers: asJson, body });
    expect(response.status).toBe(200);
    expect(input.attributes.request.http.body).toBe('{"a":"!!(!"}');
    expect(input.attributes.request.http).not.toHaveProperty('rawBody');
    expect(input.parsed_body).toEqual({ a: '!!(!' });
    expect(input.attributes.request.http.size).toBe(body.length);
    expect(Buffer.from(echo?.body_base64 ?? '', 'base64')).toEqual(body);
  });
});

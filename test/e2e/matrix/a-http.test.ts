import { describe, expect, test } from 'vitest';
import type { Echo } from '../../../examples/backend/echo.js';
import { echoedHeader, sendRaw } from '../../support/http.js';
import { sendHttp2 } from './support/http2.js';
import { newMark, type SeenStack, useSeenInput } from './support/seen-input.js';

/** A request as bytes on HTTP/1; one character is one byte. */
async function askRaw(stack: SeenStack, requestLine: string, ...headers: readonly string[]) {
  const mark = newMark();
  const lines = [requestLine, ...headers, `x-mark: ${mark}`, 'x-echo: 1', 'connection: close'];
  const response = await sendRaw(stack.url, `${lines.join('\r\n')}\r\n\r\n`);
  const text = Buffer.from(response.body, 'latin1').toString('utf8');
  const echo = response.status === 200 ? (JSON.parse(text) as Echo) : undefined;
  return { response, echo, ...(await stack.seen(mark)) };
}

describe('the shipped gateway', () => {
  const stack = useSeenInput();

  test('A1 a GET over HTTP/1.1: the raw target, no query and no fragment of their own, size 0 left out', async () => {
    const target = '/cars/a%20b?x=1&x=2&y=%2F';
    const { response, input, echo, log } = await stack().ask(target, { headers: { host: 'cars.example:8080' } });
    expect(response.status).toBe(200);
    expect(input.attributes.request.http).toEqual({
      id: expect.stringMatching(/^[0-9]+$/),
      method: 'GET',
      path: target,
      host: 'cars.example:8080',
      scheme: 'http',
      protocol: 'HTTP/1.1',
      headers: expect.anything(),
    });
    expect(input.attributes.request.time).toEqual({ seconds: expect.any(Number), nanos: expect.any(Number) });
    expect(input.parsed_path).toEqual(['cars', 'a b']);
    expect(input.parsed_query).toEqual({ x: ['1', '2'], y: ['/'] });
    expect(input).toMatchObject({ parsed_body: null, truncated_body: false });
    expect(echo).toMatchObject({ method: 'GET', path: target });
    expect(log).toMatchObject({ status: 200, flags: '-', details: 'via_upstream' });
    expect(await stack().checks()).toMatchObject({ ok: expect.toSatisfy((ok) => ok >= 1), error: 0 });
  });

  test('A2 HTTP/2', async () => {
    const mark = newMark();
    const headers = { ':path': '/cars?x=1', ':authority': 'cars.example', 'x-mark': mark, 'x-echo': '1' };
    const { status, body } = await sendHttp2(stack().url, { headers });
    const { input } = await stack().seen(mark);
    expect(status).toBe(200);
    expect(input.attributes.request.http).toMatchObject({
      protocol: 'HTTP/2',
      method: 'GET',
      path: '/cars?x=1',
      host: 'cars.example',
      scheme: 'http',
    });
    expect((JSON.parse(body) as Echo).path).toBe('/cars?x=1');
  });

  test('A2 HTTP/1.0 is refused with 426 and no check', async () => {
    const before = await stack().checks();
    const { status } = await sendRaw(stack().url, 'GET /cars HTTP/1.0\r\nhost: cars.example\r\n\r\n');
    expect(status).toBe(426);
    expect(await stack().checks()).toEqual(before);
  });

  test('A3 the pseudo headers are among the headers, there is no host', async () => {
    const { input } = await stack().ask('/cars', { headers: { host: 'cars.example' } });
    const { headers } = input.attributes.request.http;
    expect(headers).toMatchObject({
      ':authority': 'cars.example',
      ':method': 'GET',
      ':path': '/cars',
      ':scheme': 'http',
    });
    expect(headers).not.toHaveProperty('host');
  });

  test('A4 a repeated header is joined with a comma and no blank; the backend gets both lines', async () => {
    const { input, echo } = await stack().ask('/cars', {
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    });
    expect(input.attributes.request.http.headers['x-a']).toBe('1,2');
    expect(echo && echoedHeader(echo, 'x-a')).toEqual(['1', '2']);
  });

  test('A6 bytes that are not UTF-8 are `!` in the headers map; the backend gets them as they were', async () => {
    const { response, input, echo } = await askRaw(stack(), 'GET /cars HTTP/1.1', 'host: x', 'x-a: a\xff\xc3\xa9\xc3b');
    expect(response.status).toBe(200);
    expect(input.attributes.request.http.headers['x-a']).toBe('a!é!b');
    expect(echo && echoedHeader(echo, 'x-a')).toEqual(['a\xff\xc3\xa9\xc3b']);
  });

  test('A7 cookie lines of HTTP/1.1 are joined with a comma, though the backend gets them one by one', async () => {
    const { input, echo } = await askRaw(stack(), 'GET /cars HTTP/1.1', 'host: x', 'cookie: a=1', 'cookie: b=2');
    expect(input.attributes.request.http.headers.cookie).toBe('a=1,b=2');
    expect(echo && echoedHeader(echo, 'cookie')).toEqual(['a=1', 'b=2']);
  });

  test('A7 cookie crumbs of HTTP/2 are one header, joined with a semicolon', async () => {
    const mark = newMark();
    const { body } = await sendHttp2(stack().url, {
      headers: { cookie: ['a=1', 'b=2'], 'x-mark': mark, 'x-echo': '1' },
    });
    const { input } = await stack().seen(mark);
    expect(input.attributes.request.http.headers.cookie).toBe('a=1; b=2');
    expect(echoedHeader(JSON.parse(body) as Echo, 'cookie')).toEqual(['a=1; b=2']);
  });

  test('A8 header names are lower-cased', async () => {
    const { input } = await askRaw(stack(), 'GET /cars HTTP/1.1', 'HoSt: x', 'X-MiXeD-Case: Value');
    expect(input.attributes.request.http.headers['x-mixed-case']).toBe('Value');
  });

  test('A11 the id of the request is not its x-request-id, by which the logs are joined', async () => {
    const { input, echo, log } = await stack().ask('/cars');
    const { id, headers } = input.attributes.request.http;
    expect(id).not.toBe(headers['x-request-id']);
    expect(echo && echoedHeader(echo, 'x-request-id')).toEqual([headers['x-request-id']]);
    expect(log['request_id']).toBe(headers['x-request-id']);
  });

  test('A20 x-envoy-downstream-service-cluster from outside is stripped, source.service stays empty', async () => {
    const { input, echo } = await stack().ask('/cars', {
      headers: { 'x-envoy-downstream-service-cluster': 'billing' },
    });
    expect(input.attributes.source).not.toHaveProperty('service');
    expect(input.attributes.request.http.headers).not.toHaveProperty('x-envoy-downstream-service-cluster');
    expect(echo && echoedHeader(echo, 'x-envoy-downstream-service-cluster')).toEqual([]);
  });

  test('A27 an absolute-form target: host and path are those of the target', async () => {
    const { response, input, echo } = await askRaw(
      stack(),
      'GET http://target.example:81/cars?x=1 HTTP/1.1',
      'host: header.example',
    );
    expect(response.status).toBe(200);
    expect(input.attributes.request.http).toMatchObject({
      host: 'target.example:81',
      path: '/cars?x=1',
      scheme: 'http',
    });
    expect(echo).toMatchObject({ path: '/cars?x=1' });
    expect(echo && echoedHeader(echo, 'host')).toEqual(['target.example:81']);
  });

  test('A27 OPTIONS * (not provoked: Envoy answers 404 itself, over HTTP/1.1 and HTTP/2, without a check)', async () => {
    const before = await stack().checks();
    const { response, log } = await askRaw(stack(), 'OPTIONS * HTTP/1.1', 'host: x');
    expect(response.status).toBe(404);
    expect(log['details']).toBe('absolute_path_rejected');
    const overHttp2 = await sendHttp2(stack().url, { headers: { ':method': 'OPTIONS', ':path': '*' } });
    expect(overHttp2.status).toBe(404);
    expect(await stack().checks()).toEqual(before);
  });

  test('A27 CONNECT, which has no path, matches no route: 404 without a check', async () => {
    const before = await stack().checks();
    const target = 'cars.example:443';
    const { response, log } = await askRaw(stack(), `CONNECT ${target} HTTP/1.1`, `host: ${target}`);
    expect(response.status).toBe(404);
    expect(log).toMatchObject({ flags: 'NR', details: 'route_not_found' });
    expect(await stack().checks()).toEqual(before);
  });
});

describe('a gateway that is not the edge', () => {
  const stack = useSeenInput({
    change: ({ connectionManager }) => {
      connectionManager['use_remote_address'] = false;
      connectionManager.http_protocol_options['accept_http_10'] = true;
      connectionManager.http_protocol_options['default_host_for_http_10'] = 'default.example';
      connectionManager['xff_num_trusted_hops'] = 1;
    },
  });

  test('A2 HTTP/1.0, where it is accepted', async () => {
    const { response, input } = await askRaw(stack(), 'GET /cars HTTP/1.0');
    expect(response.status).toBe(200);
    expect(input.attributes.request.http).toMatchObject({ protocol: 'HTTP/1.0', host: 'default.example' });
  });

  test('A16 source.address is the proxy in front, while Envoy itself goes by x-forwarded-for', async () => {
    const { input, log } = await stack().ask('/cars', { headers: { 'x-forwarded-for': '203.0.113.7, 198.51.100.9' } });
    expect(input.attributes.source.address.socketAddress.address).toBe('127.0.0.1');
    expect(input.attributes.request.http.headers['x-forwarded-for']).toBe('203.0.113.7, 198.51.100.9');
    expect(log['client']).toBe('203.0.113.7');
  });

  test('A20 there, source.service is what the hop in front says', async () => {
    const { input } = await stack().ask('/cars', { headers: { 'x-envoy-downstream-service-cluster': 'billing' } });
    expect(input.attributes.source.service).toBe('billing');
  });
});

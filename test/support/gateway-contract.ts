import { describe, expect, test } from 'vitest';
import { as } from '../e2e/callers.js';
import { type GatewayStackOptions, useGatewayStack } from './gateway-stack.js';
import { echoedHeader, send, sendForEcho, sendRaw } from './http.js';
import { requestCases, requestOf } from './request-rows.js';
import { seenPolicy } from './seen-policy.js';

export interface GatewayContract extends Pick<GatewayStackOptions, 'preset' | 'start'> {
  readonly title: string;
  /** Whether the body of a denial reaches the client. */
  readonly denialBody: boolean;
  /** Whether the gateway passes names with underscores on at all; if not, it leaves them out or refuses them itself. */
  readonly passesUnderscores: boolean;
  /** What the client gets when Portcullis is gone; 503 unless told otherwise. */
  readonly outage?: number;
}

/** What must hold behind every gateway, with the answers that Envoy gives over gRPC. */
export function describeGateway(contract: GatewayContract): void {
  describe(`${contract.title}, the sample policy`, () => describeSamplePolicy(contract));
  describe(`${contract.title}, a policy that shows what it saw`, () => describeSeenInput(contract));
}

function describeSamplePolicy(contract: GatewayContract): void {
  const stack = useGatewayStack(contract);
  const url = () => stack().gateway.url;

  test.each(requestCases)('$ids $method $path by $person is $code', async ({ code, ...request }) => {
    const response = await send(url(), request.path, requestOf({ ...request, code }));
    expect(response.status).toBe(code);
    expect(response.headers['www-authenticate']).toBe(code === 401 ? 'Bearer realm="portcullis"' : undefined);
  });

  test('A-47 what the decision sets reaches the backend, and the client cannot set it', async () => {
    const forged = { 'x-user': 'root', 'X-User-Roles': 'EVERYTHING' };
    const admin = { method: 'POST', headers: { ...as('admin'), ...forged } };
    const known = await sendForEcho(url(), '/v1/admin/users/testuser', admin);
    expect(echoedHeader(known, 'x-user')).toEqual(['admin']);
    expect(echoedHeader(known, 'x-user-roles')).toEqual(['ADMIN_ROLE']);
    const anonymous = await sendForEcho(url(), '/cars', { headers: forged });
    expect(echoedHeader(anonymous, 'x-user')).toEqual([]);
    expect(echoedHeader(anonymous, 'x-user-roles')).toEqual([]);
    const unchecked = await sendForEcho(url(), '/health/liveness', { headers: forged }).catch(() => undefined);
    if (unchecked !== undefined) expect(echoedHeader(unchecked, 'x-user')).toEqual([]);
  });

  test('what a client writes into the headers of sub-requests is not believed', async () => {
    for (const family of ['x-original', 'x-forwarded', 'X-Original']) {
      const forged = [
        [`${family}-method`, 'GET'],
        [`${family}-method`, 'GET'],
        [`${family}-uri`, '/cars'],
        [`${family}-uri`, '/cars'],
        [`${family}-url`, '/cars'],
        [`${family}-host`, 'other.example'],
        [`${family}-scheme`, 'https'],
        [`${family}-proto`, 'https'],
        [`${family}-address`, '10.0.0.1'],
        [`${family}-for`, '10.0.0.1'],
        ['x-http-method-override', 'GET'],
      ] as const;
      const request = { method: 'POST', headers: forged };
      expect((await send(url(), '/v1/admin/users/t', request)).status, family).toBe(401);
    }
  });

  test('a client cannot take the headers of the sub-request away by naming them hop-by-hop', async () => {
    const named =
      'x-original-method, x-original-uri, x-forwarded-method, x-forwarded-uri, x-forwarded-host, authorization';
    const { status } = await sendRaw(
      url(),
      `POST /v1/admin/users/t HTTP/1.1\r\nhost: x\r\nconnection: close, ${named}\r\nx-original-method: GET\r\n` +
        'x-forwarded-method: GET\r\ncontent-length: 0\r\n\r\n',
    );
    expect([400, 401, 500, 503]).toContain(status);
  });

  test('A-43 what is ambiguous is refused with 400', async () => {
    for (const path of ['/cars%2fx', '/cars/%252e%252e/x', '/cars/a%5cb', '/cars/..%3bx/y']) {
      expect((await send(url(), path, { headers: as('alice') })).status, path).toBe(400);
    }
  });

  test('A-50 a name with an underscore does not pass for an identity header', async () => {
    const headers = { x_user: 'root', ...as('alice') };
    const response = await send(url(), '/cars', { headers: { ...headers, 'x-echo': '1' } });
    if (contract.passesUnderscores) expect(response.status).toBe(400);
    else if (response.status === 200) expect(response.body).not.toMatch(/x_user/i);
    else expect(response.status).toBe(400);
  });

  test('two credentials are refused', async () => {
    const headers = [
      ['authorization', 'Bearer kelly-demo-token'],
      ['authorization', 'Bearer admin-demo-token'],
    ] as const;
    const response = await send(url(), '/v1/admin/users/t', { method: 'POST', headers });
    expect([400, 401]).toContain(response.status);
  });

  test('an unknown token is refused with the reason', async () => {
    const response = await send(url(), '/cars', { headers: { authorization: 'Bearer guess' } });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="portcullis", error="invalid_token"');
  });

  test('the path of an absolute request line is what is checked', async () => {
    const ask = (target: string) => sendRaw(url(), `GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
    expect((await ask('http://a/trucks')).status).toBe(401);
    // Some pass it on as it is, and the backend does not know it.
    expect([200, 400, 404]).toContain((await ask('http://a/cars')).status);
  });

  test('the request body reaches the backend, and a second request hidden in it is not taken for one', async () => {
    const hidden = 'POST /v1/admin/users/hidden HTTP/1.1\r\nhost: x\r\n\r\n';
    const request = { method: 'POST', headers: as('admin'), body: hidden };
    expect((await sendForEcho(url(), '/demo/body', request)).body).toBe(hidden);
    const paths = () =>
      stack()
        .portcullis.decisionLog()
        .map((record) => record['path']);
    await expect.poll(paths).toContain('/demo/body');
    expect(paths()).not.toContain('/v1/admin/users/hidden');
  });

  test('A-99 B-43 the decision id joins the access log and the decision log', async () => {
    await send(url(), '/trucks/logged', { headers: as('john') });
    const records = () =>
      stack()
        .portcullis.decisionLog()
        .filter(({ path }) => path === '/trucks/logged');
    await expect.poll(records).toHaveLength(1);
    const [record] = records();
    expect(record).toMatchObject({ method: 'GET', outcome: 'deny', status: 403, subject: 'john' });
    const ids = () =>
      stack()
        .gateway.accessLog()
        .map((line) => JSON.stringify(line));
    await expect.poll(() => ids().filter((line) => line.includes(String(record?.['decision_id']))).length).toBe(1);
  });

  test('without Portcullis nothing passes', async () => {
    const { outage = 503 } = contract;
    await stack().portcullis.kill();
    await expect.poll(async () => (await send(url(), '/cars')).status, { timeout: 10_000 }).toBe(outage);
    expect((await send(url(), '/v1/admin/users/t', { method: 'POST', headers: as('admin') })).status).toBe(outage);
  });
}

function describeSeenInput(contract: GatewayContract): void {
  const stack = useGatewayStack({ ...contract, rego: seenPolicy });
  const url = () => stack().gateway.url;

  /** The input of the policy. */
  const see = async (...[path, request]: [string, Parameters<typeof sendForEcho>[2]?]) => {
    const echo = await sendForEcho(url(), path, request);
    const [encoded = ''] = echoedHeader(echo, 'x-user');
    return JSON.parse(Buffer.from(encoded, 'base64').toString());
  };

  test('F-06 the policy sees the same as behind Envoy', async () => {
    const headers = [
      ['host', 'shop.example'],
      ['x-twice', 'a'],
      ['x-twice', 'b'],
      ['cookie', 'a=1; b=2'],
      ['x-forwarded-client-cert', 'By=spiffe://x'],
      ['x-real-ip', '10.0.0.1'],
      ['forwarded', 'for=10.0.0.1'],
    ] as const;
    const input = await see('/cars/a%20b?x=1&y=%2e&x=2', { method: 'PUT', headers, body: '{"a":1}' });
    expect(input).toMatchObject({
      parsed_path: ['cars', 'a b'],
      parsed_query: { x: ['1', '2'], y: ['.'] },
      parsed_body: null,
      version: { ext_authz: 'v3', encoding: 'protojson' },
    });
    const { source, request } = input.attributes;
    expect(source.address.socketAddress.address).toBe('127.0.0.1');
    expect(request.http).toMatchObject({
      method: 'PUT',
      path: '/cars/a%20b?x=1&y=%2e&x=2',
      host: 'shop.example',
      scheme: 'http',
    });
    expect(request.http.headers).toMatchObject({
      ':authority': 'shop.example',
      ':method': 'PUT',
      ':path': '/cars/a%20b?x=1&y=%2e&x=2',
      cookie: 'a=1; b=2',
      'x-forwarded-proto': 'http',
    });
    expect(request.http.headers['x-twice'].replace(', ', ',')).toBe('a,b');
    for (const name of ['x-forwarded-client-cert', 'x-original-uri', 'x-forwarded-uri', 'host', 'connection']) {
      expect(request.http.headers, name).not.toHaveProperty([name]);
    }
    expect(JSON.stringify(request.http.headers)).not.toMatch(
      contract.preset === 'envoy-http' ? /spiffe/ : /10\.0\.0\.1/,
    );
  });

  test('every method comes through', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE']) {
      const echo = await sendForEcho(url(), '/x', { method });
      const [encoded = ''] = echoedHeader(echo, 'x-user');
      const input = JSON.parse(Buffer.from(encoded, 'base64').toString());
      expect(input.attributes.request.http.method).toBe(method);
      expect(echo.method).toBe(method);
    }
  });

  test('a redirect, a 404, a challenge and a fault arrive as they are meant', async () => {
    const redirect = await send(url(), '/deny/302');
    expect(redirect.status).toBe(302);
    expect(String(redirect.headers['location'])).toMatch(/\/login\?from=x$/);
    const hidden = await send(url(), '/deny/404');
    expect(hidden.status).toBe(404);
    if (contract.denialBody) expect(hidden.body).toBe('nothing here');
    const challenge = await send(url(), '/deny/401');
    expect(challenge.status).toBe(401);
    expect(challenge.headers['www-authenticate']).toBe('Basic realm="x"');
  });

  test('what is no decision, and what the gateway cannot do, is never let through', async () => {
    for (const path of ['/deny/500', '/deny/malformed', '/deny/unsupported']) {
      const response = await send(url(), path, { headers: { 'x-echo': '1' } });
      const unsupported = path === '/deny/unsupported' && response.status === 200;
      // Only the scripts of our own can set any header.
      if (unsupported) expect(contract.preset).toMatch(/haproxy|kong/);
      else expect([403, 500], path).toContain(response.status);
    }
  });

  test('an allow that sets nothing takes the client its identity headers', async () => {
    const echo = await sendForEcho(url(), '/plain', { headers: { 'x-user': 'root', 'x-user-roles': 'ADMIN_ROLE' } });
    expect(echoedHeader(echo, 'x-user')).toEqual([]);
    expect(echoedHeader(echo, 'x-user-roles')).toEqual([]);
  });
}

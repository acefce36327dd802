import { describe, expect, test } from 'vitest';
import { echoedHeader, sendRaw } from '../../support/http.js';
import { useStack } from '../../support/stack.js';
import { ask, askPassed } from '../ambiguous/support/raw-request.js';
import { as } from '../callers.js';
import { gatewayOf } from './support/gateway.js';
import { useSeenInput } from './support/seen-input.js';

describe.each([false, true])('credentials, encode_raw_headers %s', (rawHeaders) => {
  const stack = useStack({
    engine: 'wasm',
    transport: 'tcp',
    envoy: {
      change: (config) => {
        gatewayOf(config).extAuthz['encode_raw_headers'] = rawHeaders;
      },
    },
  });
  const token = (as('alice') as Record<string, string>)['authorization'] ?? '';
  const statusOf = async (...lines: string[]) => {
    const head = ['PUT /cars/663dc85d-2455-466c-b2e5-76691b0ce14e HTTP/1.1', 'host: a', 'connection: close', ...lines];
    return (await sendRaw(stack().url, `${head.join('\r\n')}\r\ncontent-length: 2\r\n\r\n{}`)).status;
  };

  test('D6 one credential is accepted, two are not, even if they are equal', async () => {
    expect(await statusOf(`authorization: ${token}`)).toBe(200);
    expect(await statusOf(`authorization: ${token}`, `Authorization: ${token}`)).toBe(401);
    expect(await statusOf(`authorization: ${token}`, 'authorization: Bearer other')).toBe(401);
    expect(await statusOf('authorization: Basic YTpi', `authorization: ${token}`)).toBe(401);
    expect(await statusOf(`authorization: ${token}, ${token}`)).toBe(401);
  });
});

describe('the shipped Envoy', () => {
  const stack = useSeenInput({ decision: '{"headers": {"x-user": "alice"}}' });

  test('D7 a forged identity header reaches neither the policy nor the backend', async () => {
    const { echo, input } = await askPassed(stack(), {
      headers: ['x-user: forged', 'X-User: forged', 'x-user-roles: forged', 'X-USER-ROLES: forged'],
    });
    expect(input.attributes.request.http.headers).not.toHaveProperty('x-user');
    expect(input.attributes.request.http.headers).not.toHaveProperty('x-user-roles');
    expect(echo.headers.filter(([name]) => /user/i.test(name))).toEqual([['x-user', 'alice']]);
  });

  test.each(['x_user: forged', 'X_User_Roles: forged', 'user_roles: forged'])('D7 %s is refused', async (line) => {
    const before = await stack().checks();
    expect(await ask(stack(), { headers: [line] })).toEqual({ refusedBy: 'Envoy', status: 400 });
    expect(await stack().checks()).toEqual(before);
  });

  test('D8 what only Envoy may say is replaced or dropped', async () => {
    const { echo, input } = await askPassed(stack(), {
      headers: [
        'x-forwarded-for: 192.0.2.7',
        'x-forwarded-proto: https',
        'x-forwarded-client-cert: By=forged',
        'x-envoy-internal: true',
        'x-envoy-external-address: 192.0.2.7',
        'x-envoy-original-path: /admin',
        'x-envoy-downstream-service-cluster: forged',
        'x-envoy-retry-on: 5xx',
        'x-envoy-upstream-rq-timeout-ms: 1',
        'x-envoy-auth-failure-mode-allowed: true',
      ],
    });
    const seen: Record<string, string> = input.attributes.request.http.headers;
    const forged = Object.keys(seen).filter((name) => /forwarded|envoy/.test(name));
    expect(forged.sort()).toEqual(['x-envoy-external-address', 'x-forwarded-for', 'x-forwarded-proto']);
    expect(seen['x-forwarded-proto']).toBe('http');
    expect(seen['x-envoy-external-address']).not.toBe('192.0.2.7');
    // Appended to what the client says; the last entry is Envoy's.
    expect(seen['x-forwarded-for']).toMatch(/^192\.0\.2\.7,.+/);
    expect(input.attributes.source).not.toHaveProperty('service');
    for (const name of ['x-forwarded-client-cert', 'x-envoy-internal', 'x-envoy-original-path', 'x-envoy-retry-on']) {
      expect(echoedHeader(echo, name)).toEqual([]);
    }
  });

  test('D9 a client cannot have the identity header dropped by naming it in Connection', async () => {
    const { echo } = await askPassed(stack(), {
      headers: ['connection: close, x-user, x-user-roles', 'x-user: forged'],
    });
    expect(echoedHeader(echo, 'x-user')).toEqual(['alice']);
  });

  test.each([
    ['CL and TE', ['content-length: 2', 'transfer-encoding: chunked'], '0\r\n\r\n'],
    ['two equal lengths', ['content-length: 2', 'content-length: 2'], '{}'],
    ['two lengths', ['content-length: 2', 'content-length: 1'], '{}'],
    ['a blank before the colon', ['content-length : 2'], '{}'],
    ['TE in another spelling', ['transfer-encoding: \x0bchunked'], '0\r\n\r\n'],
  ])('D10 %s: refused before any check', async (_what, headers, body) => {
    const before = await stack().checks();
    expect((await ask(stack(), { method: 'POST', headers, body })).refusedBy).toBe('Envoy');
    expect(await stack().checks()).toEqual(before);
  });

  test('D10 Envoy unfolds lines and takes LF for their end: policy and backend see the same', async () => {
    const { echo, input } = await askPassed(stack(), { headers: ['x-folded: 1', ' 2', 'x-a: 1\nx-b: 2'] });
    const { headers } = input.attributes.request.http;
    expect(headers).toMatchObject({ 'x-folded': '1 2', 'x-a': '1', 'x-b': '2' });
    for (const name of ['x-folded', 'x-a', 'x-b']) expect(echoedHeader(echo, name)).toEqual([headers[name]]);
  });

  test.each([
    ['a second host', { host: 'gateway.example', headers: ['host: other.example'] }, 400],
    ['two in one line', { host: 'gateway.example,other.example' }, 400],
    ['a user', { host: 'admin@gateway.example' }, 400],
    ['a port', { host: 'gateway.example:443' }, 200],
    ['a dot at the end', { host: 'gateway.example.' }, 200],
    ['upper case', { host: 'Gateway.EXAMPLE' }, 200],
    ['none', { host: '' }, 200],
  ])(
    'D11 %s: the host that the policy sees is the one the backend sees, or there is none',
    async (_what, request, status) => {
      const outcome = await ask(stack(), request);
      expect(outcome.status).toBe(status);
      if (outcome.refusedBy !== undefined) return;
      expect(outcome.input.attributes.request.http.host ?? '').toBe(request.host);
      expect(echoedHeader(outcome.echo, 'host')).toEqual([request.host]);
    },
  );

  test('D11 the host of an absolute target counts, without its user', async () => {
    const { echo, input } = await askPassed(stack(), {
      target: 'http://admin@Target.example:80/x',
      host: 'header.example',
    });
    expect(input.attributes.request.http.host).toBe('Target.example:80');
    expect(echoedHeader(echo, 'host')).toEqual(['Target.example:80']);
  });
});

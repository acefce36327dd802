import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendRaw } from '../support/http.js';
import { type Stack, startStack, useStack } from '../support/stack.js';
import { as } from './callers.js';

describe('the shipped gateway', () => {
  const stack = useStack({ engine: 'wasm', transport: 'tcp' });

  test('B-43 A-99 the decision id joins the access log and the decision log', async () => {
    await stack().send('/trucks', { headers: as('john') });
    const denied = () =>
      stack()
        .envoy.accessLog()
        .filter((line) => line['path'] === '/trucks');
    await expect.poll(denied).toHaveLength(1);
    const [line] = denied();
    expect(line).toMatchObject({ status: 403, flags: 'UAEX', details: 'ext_authz_denied' });
    const records = () =>
      stack()
        .portcullis.decisionLog()
        .filter((record) => record['path'] === '/trucks');
    await expect.poll(records).toHaveLength(1);
    const [record] = records();
    expect(record).toMatchObject({
      decision_id: line?.['decision_id'],
      request_id: line?.['request_id'],
      decision_path: 'envoy/authz/allow',
      outcome: 'deny',
      status: 403,
      subject: 'john',
      method: 'GET',
    });
    expect(record?.['revision']).toMatch(/^[0-9a-f]{16}$/);
  });

  test('B-42 checks and their durations are counted', async () => {
    await stack().send('/cars');
    const metrics = await stack().portcullis.metrics();
    expect(metrics).toMatch(/^portcullis_checks_total\{outcome="allow",reason="policy"\} [1-9]/m);
    expect(metrics).toMatch(/^portcullis_check_duration_seconds_count [1-9]/m);
    expect(metrics).toMatch(/^portcullis_engine_duration_seconds_count\{engine="wasm"\} [1-9]/m);
  });

  test('A-50 a header name with an underscore is refused with 400', async () => {
    expect((await stack().send('/cars', { headers: { USER_ROLES: 'ADMIN_ROLE' } })).status).toBe(400);
    const stats = await stack().envoy.stats(/requests_rejected_with_underscores_in_headers/);
    expect(Object.values(stats).reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0);
  });

  test('A-54 header names reach the policy in lower case', async () => {
    const response = await stack().send('/v1/admin/users/t', {
      method: 'POST',
      headers: { AUTHORIZATION: 'Bearer admin-demo-token' },
    });
    expect(response.status).toBe(200);
  });

  test('a preflight is answered by the gateway, an OPTIONS without an origin is not', async () => {
    const preflight = await stack().send('/cars', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect((await stack().send('/cars', { method: 'OPTIONS' })).status).toBe(401);
  });

  test('A-46 a method that is not known is denied, in whatever case it comes', async () => {
    for (const method of ['post', 'GeT', 'PURGE']) {
      const { status } = await sendRaw(
        stack().url,
        `${method} /v1/admin/users/t HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      expect([400, 401], method).toContain(status);
    }
  });
});

describe('the rate limit', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      engine: 'wasm',
      transport: 'tcp',
      envoy: {
        change: (config) => {
          const limited = JSON.parse(
            JSON.stringify(config).replaceAll(
              '"token_bucket":{"max_tokens":1000,"tokens_per_fill":1000,"fill_interval":"1s"}',
              '"token_bucket":{"max_tokens":3,"tokens_per_fill":3,"fill_interval":"3600s"}',
            ),
          );
          Object.assign(config, limited);
        },
      },
    });
  });
  afterAll(() => stack?.stop());

  test('B-44 stands before the check: the request after the last allowed one is 429 and reaches no one', async () => {
    const statuses: number[] = [];
    for (let request = 0; request < 5; request += 1) statuses.push((await stack.send('/cars')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(await stack.portcullis.metrics()).toMatch(/^portcullis_checks_total\{outcome="allow",reason="policy"\} 3$/m);
    expect((await stack.send('/health/liveness')).status).toBe(200);
  });
});

import { describe, expect, test } from 'vitest';
import { echoedHeader } from '../support/http.js';
import { requestCases, requestOf } from '../support/request-rows.js';
import { stackMatrix, useStack } from '../support/stack.js';
import { as } from './callers.js';

describe.each(stackMatrix)('$engine over $transport', (options) => {
  const stack = useStack(options);

  test.each(requestCases)('$ids $method $path by $person is $code', async ({ code, ...request }) => {
    const response = await stack().send(request.path, requestOf({ ...request, code }));
    expect(response.status).toBe(code);
    expect(response.headers['www-authenticate']).toBe(code === 401 ? 'Bearer realm="portcullis"' : undefined);
  });

  test('F-01 F-02 F-04 what the decision sets reaches the backend, and the client cannot set it', async () => {
    const echo = await stack().sendForEcho('/v1/admin/users/testuser', {
      method: 'POST',
      headers: { ...as('admin'), 'x-user': 'root', 'X-User-Roles': 'EVERYTHING' },
    });
    expect(echoedHeader(echo, 'x-user')).toEqual(['admin']);
    expect(echoedHeader(echo, 'x-user-roles')).toEqual(['ADMIN_ROLE']);
  });

  test('A-47 a forged role header changes nothing, and does not reach the backend', async () => {
    const forged = { 'x-user-roles': 'ADMIN_ROLE', 'x-user': 'admin' };
    expect((await stack().send('/v1/admin/users/t', { method: 'POST', headers: forged })).status).toBe(401);
    const echo = await stack().sendForEcho('/cars', { headers: forged });
    expect(echoedHeader(echo, 'x-user-roles')).toEqual([]);
    expect(echoedHeader(echo, 'x-user')).toEqual([]);
  });

  test('an unknown token is refused, also where anonymous callers are let through', async () => {
    const response = await stack().send('/cars', { headers: { authorization: 'Bearer guess' } });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="portcullis", error="invalid_token"');
  });

  test('A-60 A-62 only the exact health paths are free', async () => {
    expect((await stack().send('/healthcare')).status).toBe(401);
    expect((await stack().send('/health')).status).toBe(401);
    expect((await stack().send('/health/liveness/x')).status).toBe(401);
    expect((await stack().send('/health/../v1/admin/users/t', { method: 'POST' })).status).toBe(401);
    expect((await stack().send('/health/liveness', { method: 'POST' })).status).toBe(401);
    expect([400, 401]).toContain((await stack().send('/health/liveness%2f..%2f..%2fcars')).status);
  });

  test('A-42 the query is no part of the path', async () => {
    const echo = await stack().sendForEcho('/cars?x=/v1/admin&y=%2e%2e');
    expect(echo.path).toBe('/cars?x=/v1/admin&y=%2e%2e');
  });

  test('A-43 an encoded letter does not slip past the path rule, and what is ambiguous is refused', async () => {
    expect((await stack().send('/v1/%61dmin/users/t', { method: 'POST', headers: as('kelly') })).status).toBe(403);
    expect((await stack().send('/v1/%61dmin/users/t', { method: 'POST', headers: as('admin') })).status).toBe(200);
    for (const path of ['/cars%2fx', '/cars/%252e%252e/x', '/cars/%00', '/cars/a%5cb', '/cars/..%3bx/y']) {
      expect((await stack().send(path, { headers: as('alice') })).status, path).toBe(400);
    }
  });

  test('each check is recorded once, with the revision and without the token', async () => {
    await stack().send('/cars/only-in-this-test?token=secret', { headers: as('kelly') });
    const { portcullis } = stack();
    const records = () => portcullis.decisionLog().filter((line) => line['path'] === '/cars/only-in-this-test');
    await expect.poll(records, { timeout: 5_000 }).toHaveLength(1);
    const [record] = records();
    expect(record).toMatchObject({ outcome: 'allow', reason: 'policy', engine: options.engine, subject: 'kelly' });
    expect(record?.['revision']).toMatch(/^[0-9a-f]{16}/);
    expect(portcullis.child.stdout.join('\n')).not.toMatch(/kelly-demo-token|secret/);
  });
});

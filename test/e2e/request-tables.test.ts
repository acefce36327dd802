import { describe, expect, test } from 'vitest';
import { echoedHeader } from '../support/http.js';
import { stackMatrix, useStack } from '../support/stack.js';
import { as, type Person } from './callers.js';

const car = '/cars/663dc85d-2455-466c-b2e5-76691b0ce14e';
const newCar = JSON.stringify({ model: 'Toyota', vehicle_id: '357192', owner_id: '4821' });
const status = JSON.stringify({
  position: { latitude: -39.91045, longitude: -161.70716 },
  mileage: 742,
  speed: 90,
  fuel: 6.42,
});

interface Row {
  readonly ids: string;
  readonly method: string;
  readonly path: string;
  /** Who gets what; `-` is nobody. */
  readonly expected: Partial<Record<Person | '-', number>>;
  readonly body?: string;
}

const everyone = (code: number) => ({ alice: code, james: code, kelly: code, john: code, '-': code });
const nobody = { alice: 403, james: 403, kelly: 403, john: 403, '-': 401 };

const rows: readonly Row[] = [
  { ids: 'A-10', method: 'GET', path: '/v1/admin/users/testuser', expected: { '-': 200, kelly: 200, admin: 200 } },
  { ids: 'A-11 A-06', method: 'POST', path: '/v1/admin/users/testuser', expected: { '-': 401, kelly: 403 } },
  { ids: 'A-12 A-02', method: 'POST', path: '/v1/admin/users/testuser', expected: { admin: 200 } },
  { ids: 'A-13', method: 'GET', path: '/health/liveness', expected: { '-': 200 } },
  { ids: 'A-13', method: 'GET', path: '/health/readiness', expected: { '-': 200 } },
  { ids: 'A-28', method: 'PUT', path: '/v1/admin/users/testuser', expected: { '-': 401, admin: 403 } },
  { ids: 'B-01', method: 'GET', path: '/demo', expected: { alice: 200 } },
  { ids: 'B-02', method: 'POST', path: '/demo', expected: { admin: 200 } },
  { ids: 'B-03', method: 'GET', path: '/demo', expected: { admin: 403 } },
  { ids: 'B-04', method: 'POST', path: '/demo', expected: { alice: 403 } },
  ...['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
    ids: 'B-05',
    method,
    path: '/demo',
    expected: { alice: 403, admin: 403 } as const,
  })),
  { ids: 'B-06', method: 'GET', path: '/demo/any', expected: { john: 403, '-': 401 } },
  { ids: 'C-20', method: 'GET', path: '/', expected: everyone(200) },
  { ids: 'C-21 C-02', method: 'GET', path: '/cars', expected: everyone(200) },
  { ids: 'C-22 C-03', method: 'GET', path: car, expected: everyone(200) },
  { ids: 'C-22', method: 'GET', path: '/cars/', expected: everyone(404) },
  {
    ids: 'C-23 C-04',
    method: 'PUT',
    path: car,
    body: newCar,
    expected: { alice: 200, james: 200, kelly: 403, john: 403, '-': 401 },
  },
  {
    ids: 'C-26 C-07',
    method: 'PUT',
    path: `${car}/status`,
    body: status,
    expected: { alice: 200, james: 403, kelly: 200, john: 403, '-': 401 },
  },
  {
    ids: 'C-25 C-06',
    method: 'GET',
    path: `${car}/status`,
    expected: { alice: 200, james: 200, kelly: 200, john: 403, '-': 401 },
  },
  {
    ids: 'C-24 C-35',
    method: 'DELETE',
    path: '/cars/no-such-car',
    expected: { alice: 404, james: 404, kelly: 403, john: 403, '-': 401 },
  },
  ...['HEAD', 'POST', 'PATCH', 'OPTIONS'].map((method) => ({ ids: 'C-27', method, path: '/cars', expected: nobody })),
  { ids: 'C-28', method: 'GET', path: `${car}/status/`, expected: nobody },
  { ids: 'C-28', method: 'GET', path: '/trucks', expected: nobody },
];

describe.each(stackMatrix)('$engine over $transport', (options) => {
  const stack = useStack(options);

  const cases = rows.flatMap(({ expected, ...row }) =>
    Object.entries(expected).map(([person, code]) => ({ ...row, person: person as Person | '-', code })),
  );

  test.each(cases)('$ids $method $path by $person is $code', async ({ method, path, person, code, body }) => {
    const response = await stack().send(path, {
      method,
      headers: {
        ...as(person === '-' ? undefined : person),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    });
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
    await stack().send('/cars?token=secret', { headers: { ...as('kelly'), 'x-request-id': 'only-for-this-test' } });
    const { portcullis } = stack();
    await expect
      .poll(() => portcullis.decisionLog().filter((line) => line['path'] === '/cars' && line['subject'] === 'kelly'))
      .not.toEqual([]);
    const [record] = portcullis
      .decisionLog()
      .filter((line) => line['subject'] === 'kelly' && line['path'] === '/cars')
      .slice(-1);
    expect(record).toMatchObject({ outcome: 'allow', reason: 'policy', engine: options.engine, subject: 'kelly' });
    expect(record?.['revision']).toMatch(/^[0-9a-f]{16}/);
    expect(portcullis.child.stdout.join('\n')).not.toMatch(/kelly-demo-token|secret/);
  });
});

import { expect, test } from 'vitest';
import { client, httpCheck, outcome, readUser, writeUser } from './check-call.js';
import { serveWithoutFile } from './serve.js';

test('A-10 A-11 A-31 without a file the sample policy is served on safe defaults', async () => {
  const { grpcAddress, adminUrl, child } = await serveWithoutFile();
  expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  const grpc = client(grpcAddress);
  expect(await outcome(grpc, readUser)).toBe('allow');
  // 403 and not 401: without an identity source there is no way to say who one is.
  expect(await outcome(grpc, writeUser)).toBe('deny Forbidden');
  expect(await outcome(grpc, httpCheck({ method: 'GET', path: '/trucks' }))).toBe('deny Forbidden');
  const forged = { method: 'POST', path: '/v1/admin/users/t', headers: { 'x-user-roles': 'ADMIN_ROLE' } };
  expect(await outcome(grpc, httpCheck(forged))).toBe('deny Forbidden');
  expect(await outcome(grpc, {})).toMatch(/^deny /);
  expect(child.stdout).toEqual([]);
});

test('the environment sets keys without any file', async () => {
  const { adminUrl, child } = await serveWithoutFile({
    PORTCULLIS_LOG_LEVEL: 'fatal',
    PORTCULLIS_ENGINE_PATHS: '[{ path: authz/allow, shape: http-api }]',
  });
  expect(await (await fetch(`${adminUrl}/status`)).json()).toMatchObject({ decision_paths: ['authz/allow'] });
  expect(child.stderr).toEqual([]);
});

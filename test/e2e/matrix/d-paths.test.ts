import { describe, expect, test } from 'vitest';
import { loosen } from '../ambiguous/support/gateways.js';
import { ask } from '../ambiguous/support/raw-request.js';
import { useSeenInput } from './support/seen-input.js';

/** A rule that only names what it forbids, which each other spelling of the path would get around. */
const everythingButAdmin = 'input.parsed_path[0] != "admin"';

describe('the shipped Envoy', () => {
  const stack = useSeenInput({ allow: everythingButAdmin });

  test.concurrent.each([
    ['D1', '/admin', 403],
    ['D1', '/admin/', 403],
    ['D1', '/a/../admin', 403],
    ['D1', '/./admin', 403],
    ['D1', '//admin', 403],
    ['D2', '/%2e%2e/admin', 403],
    ['D2', '/%2E/admin', 403],
    ['D2', '/a%2F..%2Fadmin', 400],
    ['D2', '/%5Cadmin', 400],
    ['D2', '/%252Fadmin', 400],
    ['D2', '/%2500admin', 400],
    ['D2', '/admin%00', 400],
    ['D2', '/admin%zz', 400],
    ['D3', '/a/..;/admin', 403],
    ['D3', '/..;/admin', 403],
    ['D3', '/;x=1/admin', 400],
    ['D4', '/public#/../admin', 400],
    ['D4', '/admin#x', 400],
    ['D5', '/%61dmin', 403],
    ['D5', '/%61%64%6D%69%6e', 403],
  ])('%s %s is decided as /admin, or refused', async (_id, target, status) => {
    expect(await ask(stack(), { target })).toMatchObject({ refusedBy: expect.any(String), status });
  });

  test('D5 the case of a letter makes another path, for policy and backend alike', async () => {
    const outcome = await ask(stack(), { target: '/ADMIN' });
    expect(outcome).toMatchObject({ status: 200, input: { parsed_path: ['ADMIN'] }, echo: { path: '/ADMIN' } });
  });
});

describe('an Envoy that leaves paths as they are', () => {
  const stack = useSeenInput({ allow: everythingButAdmin, change: loosen });

  test.concurrent.each([
    ...['/a/../admin', '/./admin', '//admin'].map((target) => ['D1', target] as const),
    ...['/%2e%2e/admin', '/a%2F..%2Fadmin', '/%5Cadmin', '/%252Fadmin'].map((target) => ['D2', target] as const),
    ...['/a/..;/admin', '/..;/admin', '/;x=1/admin'].map((target) => ['D3', target] as const),
  ])('%s Portcullis refuses %s by itself', async (_id, target) => {
    expect(await ask(stack(), { target })).toEqual({ refusedBy: 'Portcullis', status: 400 });
  });
});

describe('a policy that names what it allows', () => {
  const stack = useSeenInput({ allow: 'input.parsed_path == ["public"]' });

  test.concurrent.each(['/admin;x=1', '/public;/admin', '/public;x=1', '/public/admin'])(
    'D3 %s is not allowed by mistake',
    async (target) => {
      expect((await ask(stack(), { target })).status).toBe(403);
    },
  );
});

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { get, post } from './data-api.js';

// What the policy of document A answers, taken at its word. Rows are the ones that make
// the shipped policy an allow-list, and Portcullis refuse a request that has no method.

let opa: OpaServer;

beforeAll(async () => {
  opa = await startOpa({ files: [fileURLToPath(new URL('../../fixtures/policies/literal', import.meta.url))] });
});

afterAll(() => opa.stop());

function ask(input: unknown): Promise<unknown> {
  return post(opa, '/v1/data/sample', { input });
}

const users = ['', 'v1', 'admin', 'users', 't'];
const admin = ['ADMIN_ROLE'];

test('A-14 A-40 the package is asked directly and answers an object', async () => {
  const input = { path: ['v1', 'admin', 'users'], roles: admin, method: 'POST' };
  expect(await ask(input)).toEqual({ result: { allow: true } });
});

test('A-15 the loaded policy is listed', async () => {
  const { result } = (await get(opa, '/v1/policies')) as { result: { id: string; raw: string }[] };
  expect(result.map((policy) => policy.id)).toEqual([expect.stringMatching(/sample\.rego$/)]);
  expect(result[0]?.raw).toContain('package sample');
});

test.each([
  ['A-20', 'a GET', 'GET', users, [], true],
  ['A-21', 'a POST without the role', 'POST', users, [], false],
  ['A-22', 'a POST with the role', 'POST', users, admin, true],
  ['A-23', 'a role with a space before it', 'POST', users, ['USER', ' ADMIN_ROLE'], false],
  ['A-24', 'a path without admin', 'POST', ['', 'v1', 'users', 't'], admin, false],
  ['A-25', 'a user called admin', 'POST', ['', 'v1', 'users', 'admin'], admin, true],
  ['A-26', 'a longer segment', 'POST', ['', 'v1', 'administrator'], admin, false],
  ['A-27', 'a segment in upper case', 'POST', ['', 'v1', 'ADMIN'], admin, false],
  ['A-29', 'a method in lower case', 'post', users, [], true],
  ['A-30', 'a method that is null', null, users, [], true],
  ['A-32', 'a path that is text', 'POST', '/v1/admin/users/t', admin, false],
  ['A-33', 'roles that are text', 'POST', ['', 'v1', 'admin'], 'ADMIN_ROLE', false],
])('%s literal policy: %s', async (_row, _case, method, path, roles, allow) => {
  expect(await ask({ method, path, roles })).toEqual({ result: { allow } });
});

test.each(['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])('A-28 literal policy: %s is allowed', async (method) => {
  expect(await ask({ method, path: users, roles: [] })).toEqual({ result: { allow: true } });
  expect(await ask({ method, path: ['anything'], roles: [] })).toEqual({ result: { allow: true } });
});

test('A-30 literal policy: a missing method is allowed', async () => {
  expect(await ask({ path: users, roles: [] })).toEqual({ result: { allow: true } });
});

test('A-31 literal policy: no input is allowed', async () => {
  expect(await ask({})).toEqual({ result: { allow: true } });
  expect(await post(opa, '/v1/data/sample', {})).toMatchObject({ result: { allow: true } });
});

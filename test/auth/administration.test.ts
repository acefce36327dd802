import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthService, newEmail, startAuth, tokenOf } from './support/service.js';

let auth: AuthService;
let admin: string;
beforeAll(async () => {
  auth = await startAuth();
  admin = (await newAdmin()).token;
});
afterAll(() => auth.stop());

async function newAccount(): Promise<{ id: number; email: string; token: string }> {
  const email = newEmail();
  const { id } = (await auth.register(email)).json() as { id: number };
  return { id, email, token: tokenOf(await auth.login(email)) };
}

async function newAdmin() {
  const account = await newAccount();
  await auth.query('UPDATE account SET roles = $2 WHERE id = $1', [account.id, ['ADMIN_ROLE']]);
  return account;
}

const status = async (method: string, path: string, token?: string, body?: unknown) =>
  (await auth.call(method, path, token, body)).status;

describe('administration', () => {
  test('D-22 sets roles; the next session carries them, and those before it end', async () => {
    const { id, email, token } = await newAccount();
    const response = await auth.call('PUT', `/accounts/${id}/roles`, admin, { roles: ['AUDITOR'] });
    expect(response.json()).toEqual({ revoked: 1 });
    expect(await status('GET', '/accounts/me', token)).toBe(401);
    const again = await auth.call('GET', '/accounts/me', tokenOf(await auth.login(email)));
    expect(again.json()).toMatchObject({ roles: ['AUDITOR'] });
  });

  test('D-22 takes the administrator role at once from whoever loses it', async () => {
    const { id, token } = await newAdmin();
    expect(await status('GET', '/accounts', token)).toBe(200);
    await auth.query("UPDATE account SET roles = '{}' WHERE id = $1", [id]);
    expect(await status('GET', '/accounts', token)).toBe(403);
  });

  test('D-09 disables an account, ends its sessions, and enables it again', async () => {
    const { id, email, token } = await newAccount();
    expect(await status('PUT', `/accounts/${id}/active`, admin, { active: false })).toBe(200);
    expect(await status('GET', '/accounts/me', token)).toBe(401);
    expect((await auth.login(email)).status).toBe(401);
    expect(await status('PUT', `/accounts/${id}/active`, admin, { active: true })).toBe(200);
    expect((await auth.login(email)).status).toBe(200);
  });

  test('D-11 ends all sessions of another account', async () => {
    const { id, email, token } = await newAccount();
    await auth.login(email);
    expect((await auth.call('DELETE', `/accounts/${id}/sessions`, admin)).json()).toEqual({ revoked: 2 });
    expect(await status('GET', '/accounts/me', token)).toBe(401);
  });

  test('D-08 deletes an account with its sessions', async () => {
    const { id, token } = await newAccount();
    expect(await status('DELETE', `/accounts/${id}`, admin)).toBe(204);
    expect(await status('GET', '/accounts/me', token)).toBe(401);
    expect(await status('GET', `/accounts/${id}`, admin)).toBe(404);
    expect(await auth.query('SELECT id FROM session WHERE account_id = $1', [id])).toEqual([]);
  });

  test('D-05 lists accounts page by page, without passwords', async () => {
    const first = await newAccount();
    const second = await newAccount();
    const page = await auth.call('GET', `/accounts?after=${first.id - 1}&limit=1`, admin);
    expect(page.json()).toEqual({ accounts: [{ id: first.id, email: first.email, active: true, roles: [] }] });
    const all = await auth.call('GET', `/accounts?after=${first.id}`, admin);
    expect(all.json()).toMatchObject({ accounts: [{ id: second.id }] });
    expect(all.body).not.toContain('argon2');
  });

  test.each([
    ['GET', '/accounts'],
    ['GET', '/accounts/1'],
    ['PUT', '/accounts/1/roles', { roles: ['ADMIN_ROLE'] }],
    ['PUT', '/accounts/1/active', { active: false }],
    ['DELETE', '/accounts/1/sessions'],
    ['DELETE', '/accounts/1'],
  ])('D-06 %s %s is for administrators only', async (method, path, body?: unknown) => {
    expect(await status(method, path, undefined, body)).toBe(401);
    expect(await status(method, path, (await newAccount()).token, body)).toBe(403);
  });

  test.each(['0', '-1', '1.5', '2147483648', 'x', '%00'])('D-05 refuses the id %s', async (id) => {
    expect(await status('GET', `/accounts/${id}`, admin)).toBe(400);
  });

  test('D-22 refuses roles that a header could not carry', async () => {
    const { id } = await newAccount();
    for (const roles of [['A,B'], ['A', 'A'], ['A\r\nx-user: root'], [''], 'A']) {
      expect(await status('PUT', `/accounts/${id}/roles`, admin, { roles })).toBe(400);
    }
  });
});

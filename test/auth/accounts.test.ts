import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthService, goodPassword, newEmail, startAuth } from './support/service.js';

let auth: AuthService;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

describe('registration', () => {
  test('D-01 answers 201 with the account and without the password', async () => {
    const email = newEmail();
    const response = await auth.register(email);
    expect(response.status).toBe(201);
    expect(response.json()).toEqual({ id: expect.any(Number), email, active: true, roles: [] });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  test('D-01 takes the path with a slash at its end too', async () => {
    const body = JSON.stringify({ email: newEmail(), password: goodPassword });
    const response = await auth.send('/accounts/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(201);
  });

  test('D-02 answers 409 for an address that has an account', async () => {
    const email = newEmail();
    await auth.register(email);
    const again = await auth.register(email, 'another password entirely');
    expect(again.status).toBe(409);
    expect(again.json()).toMatchObject({ code: 'email_taken' });
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthService, goodPassword, newEmail, startAuth } from './support/service.js';

let auth: AuthService;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const post = (path: string, contentType: string, body: string) =>
  auth.send(path, { method: 'POST', headers: { 'content-type': contentType }, body });

describe('registration', () => {
  test('D-01 D-30 answers 201 with id, address and activity, without the password', async () => {
    const email = newEmail();
    const response = await auth.register(email);
    expect(response.status).toBe(201);
    expect(response.json()).toEqual({ id: expect.any(Number), email, active: true, roles: [] });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  test('D-01 takes the path with a slash at its end too', async () => {
    const body = JSON.stringify({ email: newEmail(), password: goodPassword });
    expect((await post('/accounts/', 'application/json', body)).status).toBe(201);
  });

  test('D-02 answers 409 for an address that has an account', async () => {
    const email = newEmail();
    await auth.register(email);
    const again = await auth.register(email, 'another password entirely');
    expect(again.status).toBe(409);
    expect(again.json()).toMatchObject({ code: 'email_taken' });
  });

  test('D-02 of two registrations of one address at once, exactly one succeeds', async () => {
    for (let round = 0; round < 5; round++) {
      const email = newEmail();
      const answers = await Promise.all([auth.register(email), auth.register(email.toUpperCase())]);
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      expect(await auth.query('SELECT id FROM account WHERE email = $1', [email])).toHaveLength(1);
    }
  });

  test('D-32 folds the address to lower case', async () => {
    const email = newEmail();
    expect((await auth.register(email.toUpperCase())).json()).toMatchObject({ email });
    expect((await auth.register(email)).status).toBe(409);
    expect((await auth.login(email.toUpperCase())).status).toBe(200);
  });

  test.each([
    ['no address', 'someone'],
    ['nothing', ''],
    ['two addresses', 'a@example.org,b@example.org'],
    ['a blank', ' a@example.org'],
    ['a line break, which would start a header of a mail', 'a@example.org\r\nBcc: b@example.org'],
    ['the Kelvin sign, which folds to k', '\u212aelly@example.org'],
    ['a letter that looks like another', 'kеlly@example.org'],
    ['a NUL', 'a\u0000@example.org'],
    ['an address that is too long', `${'a'.repeat(250)}@example.org`],
  ])('D-32 refuses %s', async (_what, email) => {
    const response = await auth.register(email);
    expect(response.status).toBe(400);
    expect(response.json()).toMatchObject({ code: 'request_invalid', problems: [{ where: 'body/email' }] });
  });

  test('D-30 the table itself admits no account without an address, and none that is not folded', async () => {
    const insert = (email: string | null) =>
      auth.query('INSERT INTO account (email, password_hash) VALUES ($1, $2)', [email, 'x']);
    await expect(insert(null)).rejects.toThrow('not-null');
    await expect(insert('Someone@example.org')).rejects.toThrow('account_email_folded');
  });

  test.each([
    ['a short password', { email: newEmail(), password: 'short' }],
    ['an endless password', { email: newEmail(), password: 'x'.repeat(1025) }],
    ['no password', { email: newEmail() }],
    ['a password that is no text', { email: newEmail(), password: 12_345_678_901_234 }],
    ['roles of its own choice', { email: newEmail(), password: goodPassword, roles: ['ADMIN_ROLE'] }],
    ['a list', []],
  ])('D-01 refuses %s', async (_what, body) => {
    expect((await auth.call('POST', '/accounts', undefined, body)).status).toBe(400);
  });

  test('D-01 says which member is wrong, and repeats nothing of what was sent', async () => {
    const response = await auth.call('POST', '/accounts', undefined, {
      email: 'not-an-address-4711',
      password: 'hush',
    });
    expect(response.status).toBe(400);
    expect(response.body).not.toContain('4711');
    expect(response.body).not.toContain('hush');
  });

  test('D-01 refuses a body that is not JSON, is too large or would change prototypes', async () => {
    expect((await post('/accounts', 'text/plain', 'x')).status).toBe(415);
    expect((await post('/accounts', 'application/json', '{')).status).toBe(400);
    expect((await post('/accounts', 'application/json', `{"email":"${'x'.repeat(20_000)}"}`)).status).toBe(413);
    const poisoned = `{"email":"${newEmail()}","password":"${goodPassword}","__proto__":{"active":true}}`;
    expect((await post('/accounts', 'application/json', poisoned)).status).toBe(400);
  });
});

describe('passwords', () => {
  test('D-33 are kept as Argon2id, each with a salt of its own', async () => {
    const emails = [newEmail(), newEmail()];
    for (const email of emails) await auth.register(email);
    const rows = await auth.query('SELECT password_hash FROM account WHERE email = ANY($1)', [emails]);
    const hashes = rows.map((row) => String(row['password_hash']));
    expect(new Set(hashes).size).toBe(2);
    for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
  });

  test('D-33 count beyond the 72 bytes at which bcrypt stops', async () => {
    const email = newEmail();
    const long = 'p'.repeat(72);
    await auth.register(email, `${long}-one`);
    expect((await auth.login(email, `${long}-two`)).status).toBe(401);
    expect((await auth.login(email, `${long}-one`)).status).toBe(200);
  });

  test('D-33 are the same however the keyboard composes their letters', async () => {
    const email = newEmail();
    await auth.register(email, 'pâté en croûte'.normalize('NFC'));
    expect((await auth.login(email, 'pâté en croûte'.normalize('NFD'))).status).toBe(200);
  });
});

test('D-01 can be closed: accounts are made by nobody who asks', async () => {
  const closed = await startAuth({ settings: { accounts: { registration: 'closed' } }, redis: auth.redis });
  try {
    const response = await closed.register(newEmail());
    expect(response.status).toBe(403);
    expect(response.json()).toMatchObject({ code: 'registration_closed' });
    expect(await closed.query('SELECT id FROM account')).toEqual([]);
  } finally {
    await closed.stop();
  }
});

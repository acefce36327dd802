import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configKeys } from '../../examples/auth/config/keys.js';
import { refusals } from '../../examples/auth/http/refusal.js';
import { repository } from '../support/portcullis-server.js';
import { type AuthService, goodPassword, newEmail, startAuth, tokenOf } from './support/service.js';

interface Operation {
  readonly summary?: string;
  readonly security?: unknown;
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema: Schema }> }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
}

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let auth: AuthService;
let document: Document;
let page: string;
beforeAll(async () => {
  auth = await startAuth({ settings: { session: { renewal: 'on_request' } } });
  document = (await auth.send('/docs/json')).json() as Document;
  page = await readFile(join(repository, 'docs', 'authentication-service.md'), 'utf8');
});
afterAll(() => auth.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );

describe('the description of the API', () => {
  test('D-10 is a page at /docs, with a policy that lets it load nothing from elsewhere', async () => {
    const response = await auth.send('/docs/');
    expect(response.status).toBe(200);
    expect(response.body).toContain('swagger-ui');
    expect(response.headers['content-security-policy']).toContain("default-src 'self'");
    expect((await auth.send('/docs')).status).toBeLessThan(400);
  });

  test('D-10 names every route, and no route that there is not', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual(
      [
        'DELETE /accounts/me/sessions',
        'DELETE /accounts/me/sessions/{session}',
        'DELETE /accounts/{id}',
        'DELETE /accounts/{id}/sessions',
        'GET /accounts',
        'GET /accounts/me',
        'GET /accounts/me/sessions',
        'GET /accounts/{id}',
        'GET /livez',
        'GET /readyz',
        'POST /accounts',
        'POST /accounts/logout',
        'POST /accounts/token',
        'POST /accounts/token/renew',
        'PUT /accounts/me/password',
        'PUT /accounts/{id}/active',
        'PUT /accounts/{id}/roles',
      ].sort(),
    );
    for (const { method, path } of operations()) {
      const answer = await auth.call(method, path.replace('{id}', '1').replace('{session}', crypto.randomUUID()));
      expect({ method, path, exists: answer.status !== 404 }).toEqual({ method, path, exists: true });
    }
  });

  test('D-10 D-06 says which routes need a token, and those are the ones that refuse without', async () => {
    for (const { method, path, operation } of operations()) {
      const answer = await auth.call(method, path.replace('{id}', '1').replace('{session}', crypto.randomUUID()));
      expect({ method, path, refused: answer.status === 401 }).toEqual({
        method,
        path,
        refused: operation.security !== undefined,
      });
    }
  });

  test('D-10 the login is described as a form', () => {
    const login = document.paths['/accounts/token']?.['post'];
    expect(Object.keys(login?.requestBody?.content ?? {})).toEqual(['application/x-www-form-urlencoded']);
  });

  test('D-10 answers are those that are described', async () => {
    const email = newEmail();
    const created = await auth.register(email);
    const { id } = created.json() as { id: number };
    await auth.query('UPDATE account SET roles = $2 WHERE id = $1', [id, ['ADMIN_ROLE']]);
    const token = tokenOf(await auth.login(email));
    const answers = [
      ['post', '/accounts', created],
      ['post', '/accounts', await auth.register(email)],
      ['post', '/accounts', await auth.register('x')],
      ['post', '/accounts/token', await auth.login(email)],
      ['post', '/accounts/token', await auth.login(email, 'not the password')],
      ['post', '/accounts/token/renew', await auth.call('POST', '/accounts/token/renew', token)],
      ['get', '/accounts/me', await auth.call('GET', '/accounts/me', token)],
      ['get', '/accounts/me', await auth.call('GET', '/accounts/me')],
      ['get', '/accounts/me/sessions', await auth.call('GET', '/accounts/me/sessions', token)],
      ['get', '/accounts', await auth.call('GET', '/accounts', token)],
      ['get', '/accounts/{id}', await auth.call('GET', `/accounts/${id}`, token)],
      ['get', '/accounts/{id}', await auth.call('GET', '/accounts/2147483647', token)],
      ['get', '/livez', await auth.send('/livez')],
      ['get', '/readyz', await auth.send('/readyz')],
    ] as const;
    for (const [method, path, answer] of answers) {
      const described = document.paths[path]?.[method]?.responses[String(answer.status)];
      const schema = described?.content?.['application/json']?.schema;
      expect(schema, `${method} ${path} ${answer.status}`).toBeDefined();
      const body = answer.json() as Record<string, unknown>;
      expect(Object.keys(schema?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(body)));
      for (const name of schema?.required ?? []) expect(body).toHaveProperty(name);
      const codes = schema?.properties?.['code']?.enum;
      if (codes !== undefined) expect(codes).toContain(body['code']);
    }
  });

  test('D-10 can be turned off', async () => {
    const quiet = await startAuth({ redis: auth.redis, settings: { server: { docs: false } } });
    try {
      expect((await quiet.send('/docs')).status).toBe(404);
      expect((await quiet.send('/docs/json')).status).toBe(404);
    } finally {
      await quiet.stop();
    }
  });
});

describe('docs/authentication-service.md', () => {
  test('D-10 names every route', () => {
    for (const { method, path } of operations()) expect(page).toContain(`\`${method} ${path}\``);
  });

  test('D-10 names every key of the configuration', () => {
    for (const { path } of configKeys) expect(page).toContain(`| \`${path.join('.')}\` |`);
  });

  test('D-10 names every code of a refusal, with its status', () => {
    for (const [code, [status]] of Object.entries(refusals)) {
      expect(page).toMatch(new RegExp(`\\| ${status} \\|[^\\n]*\`${code}\``));
    }
  });
});

describe('D-40 without a gateway', () => {
  const preflight = (to: AuthService, origin: string) =>
    to.send('/accounts/token', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('D-40 no other origin is admitted unless it is configured', async () => {
    const response = await preflight(auth, 'https://app.example.com');
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
    expect(response.status).toBe(404);
  });

  test('D-40 the configured origins are admitted, each by its own name, and no other', async () => {
    const origins = ['https://app.example.com', 'https://admin.example.com'];
    const open = await startAuth({ redis: auth.redis, settings: { cors: { origins, credentials: true } } });
    try {
      for (const origin of origins) {
        const response = await preflight(open, origin);
        expect(response.status).toBe(204);
        expect(response.headers['access-control-allow-origin']).toBe(origin);
        expect(response.headers['access-control-allow-credentials']).toBe('true');
        expect(response.headers['vary']).toMatch(/origin/i);
      }
      for (const origin of ['https://evil.example', 'https://app.example.com.evil.example', 'null', '*']) {
        expect((await preflight(open, origin)).headers['access-control-allow-origin']).toBeUndefined();
      }
    } finally {
      await open.stop();
    }
  });

  test('D-40 * with credentials is refused by the configuration', async () => {
    const settings = { cors: { origins: ['*'], credentials: true } };
    await expect(startAuth({ redis: auth.redis, settings })).rejects.toThrow('cors.origins');
  });
});

describe('the audit log', () => {
  test('D-11 records who did what from where, and neither addresses nor secrets', async () => {
    const email = newEmail();
    const { id } = (await auth.register(email)).json() as { id: number };
    await auth.login(email, 'secret typed wrongly');
    await auth.login('a password in the wrong field');
    const token = tokenOf(await auth.login(email));
    const change = { current_password: goodPassword, new_password: 'an entirely new password' };
    await auth.call('PUT', '/accounts/me/password', token, change);
    const mine = auth.audit().filter(({ account }) => account === id);
    expect(mine.map(({ event, reason }) => [event, reason])).toEqual([
      ['account_registered', undefined],
      ['login_refused', 'wrong_password'],
      ['login_succeeded', undefined],
      ['password_changed', undefined],
    ]);
    for (const line of mine) {
      expect(line).toMatchObject({
        time: expect.stringMatching(/Z$/),
        address: '127.0.0.1',
        request: expect.any(String),
      });
    }
    const text = auth.auditText() + auth.logText();
    for (const secret of [token, email, goodPassword, 'typed wrongly', 'wrong field', 'entirely new', 'argon2']) {
      expect(text).not.toContain(secret);
    }
  });

  test('D-11 keeps the id that the gateway gave the request, and no id that could break a line', async () => {
    const send = (id: string) =>
      auth.send('/accounts/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-request-id': id },
        body: 'username=nobody@example.org&password=x',
      });
    await send('7f3c2a64-0000-4000-8000-1234567890ab');
    expect(auth.audit().at(-1)).toMatchObject({ request: '7f3c2a64-0000-4000-8000-1234567890ab' });
    await send('{"event":"login_succeeded"}');
    expect(auth.audit().at(-1)?.['request']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

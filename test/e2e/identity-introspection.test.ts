import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.js';
import { eventually } from '../support/eventually.js';
import { echoedHeader, type HttpResponse } from '../support/http.js';
import { printLogsOnFailure, type TemporaryFolder, temporaryFolder } from '../support/process.js';
import { type Stack, startStack } from '../support/stack.js';

// Opaque tokens that an authorization server keeps, through a real Envoy to the backend.

let folder: TemporaryFolder;
let server: AuthorizationServer;
let stack: Stack;
const users = '/v1/admin/users/testuser';
const admin = { roles: ['ADMIN_ROLE'] };

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startAuthorizationServer();
  const secret = join(folder.path, 'introspection-secret');
  await writeFile(secret, `${server.client.secret}\n`);
  const source = {
    kind: 'introspection',
    url: server.introspectionUrl,
    client_id: server.client.id,
    client_secret_file: secret,
    issuer: server.url,
    audience: ['cars'],
    timeout: '1s',
  };
  const forward = { headers: { subject: 'x-user', roles: 'x-user-roles' }, remove_credentials: true };
  stack = await startStack({ engine: 'wasm', transport: 'tcp', config: { identity: { sources: [source], forward } } });
});
afterEach(() => server.comeBack());
afterAll(async () => {
  await stack?.stop();
  await server?.stop();
  await folder?.remove();
});
printLogsOnFailure();

const ask = (method: string, token?: string): Promise<HttpResponse> =>
  stack.send(users, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
const post = async (token?: string) => (await ask('POST', token)).status;

/** Where anyone may read, too. */
async function expectRefused(token: string): Promise<void> {
  for (const method of ['POST', 'GET']) {
    const response = await ask(method, token);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
  }
}

test('A-47 an active token gives its subject and roles, and does not reach the backend', async () => {
  expect(await post(server.issue(admin))).toBe(200);
  const token = server.issue({ roles: ['manager'] });
  expect(await post(token)).toBe(403);
  expect(await post()).toBe(401);
  const headers = { authorization: `Bearer ${token}`, 'x-user': 'root', 'x-user-roles': 'ADMIN_ROLE' };
  const echo = await stack.sendForEcho(users, { headers });
  expect(echoedHeader(echo, 'x-user')).toEqual(['alice']);
  expect(echoedHeader(echo, 'x-user-roles')).toEqual(['manager']);
  expect(JSON.stringify(echo)).not.toContain(token);
});

test('A-47 a token that the server does not know, or that is for or from someone else, is 401', async () => {
  await expectRefused('0'.repeat(43));
  await expectRefused(server.issue({ ...admin, aud: 'shop' }));
  await expectRefused(server.issue({ ...admin, iss: 'https://elsewhere.example' }));
});

test('A-47 a revoked token is 401 within a second', async () => {
  const token = server.issue(admin);
  expect(await post(token)).toBe(200);
  const revoked = performance.now();
  server.revoke(token);
  await eventually(async () => expect(await post(token)).toBe(401));
  expect(performance.now() - revoked).toBeLessThan(1000);
  await expectRefused(token);
});

test('A-47 a token is 401 when its time has passed', async () => {
  const token = server.issue(admin, 1.5);
  expect(await post(token)).toBe(200);
  await eventually(async () => expect(await post(token)).toBe(401));
  await expectRefused(token);
  await expectRefused(server.issue(admin, 0));
});

test('A-47 an active token is not asked about again for a moment', async () => {
  const token = server.issue(admin);
  const before = server.asked;
  expect(await Promise.all([post(token), post(token)])).toEqual([200, 200]);
  await eventually(async () => {
    const now = server.asked;
    expect(await post(token)).toBe(200);
    expect(server.asked).toBe(now);
  });
  expect(server.asked).toBeGreaterThan(before);
});

test.each([
  ['is away', () => server.goAway()],
  ['does not answer', () => server.fallSilent()],
  ['refuses us', () => server.changeSecret()],
])('A-47 a server that %s is 503 for whoever shows a token, and nothing for others; then it heals', async (_, fail) => {
  await fail();
  const token = server.issue(admin);
  for (const method of ['POST', 'GET']) expect((await ask(method, token)).status).toBe(503);
  expect((await ask('GET')).status).toBe(200);
  expect(await stack.portcullis.metrics()).toMatch(
    /portcullis_checks_total\{outcome="error",reason="identity_unavailable"\} [1-9]/,
  );
  expect(JSON.stringify([stack.portcullis.logs(), stack.portcullis.decisionLog()])).not.toContain(token);
  await server.comeBack();
  await eventually(async () => expect(await post(token)).toBe(200));
});

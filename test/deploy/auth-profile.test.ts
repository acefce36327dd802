import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { HttpResponse } from '../support/http.js';
import { bringUp, type Project } from './support/compose.js';
import { report } from './support/report.js';

const patient = { within: 60_000, every: 250 };
const secret = 'a long enough pass phrase';
const users = '/v1/admin/users/testuser';
let project: Project;

beforeAll(async () => {
  project = await bringUp({ profile: 'auth', services: ['envoy-auth'], port: 'AUTH_PORT' });
  report('docker compose up --wait envoy-auth, images built', `${project.startTime} ms`);
}, 900_000);
afterAll(() => project?.down(), 120_000);

function toAuth(method: string, path: string, token?: string, body?: string | object): Promise<HttpResponse> {
  const isForm = typeof body === 'string';
  return project.send(path, {
    method,
    headers: {
      host: 'auth.books.test',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  });
}

async function register(): Promise<string> {
  const email = `${randomBytes(6).toString('hex')}@example.org`;
  expect((await toAuth('POST', '/accounts', undefined, { email, password: secret })).status).toBe(201);
  return email;
}

async function login(email: string): Promise<string> {
  const form = new URLSearchParams({ username: email, password: secret }).toString();
  const { status, body } = await toAuth('POST', '/accounts/token', undefined, form);
  expect(status).toBe(200);
  return (JSON.parse(body.toString()) as { access_token: string }).access_token;
}

const write = (token: string) =>
  project.statusOf(users, { method: 'POST', headers: { authorization: `Bearer ${token}` } });

test('D-52 D-56 only the gateway is published; stores and the service are on networks without a way out', async () => {
  for (const [service, { HostConfig: host }] of await project.containers()) {
    const bindings = Object.values(host.PortBindings ?? {}).flat();
    if (service !== 'envoy-auth') expect(bindings, service).toEqual([]);
  }
});

test('D-31 D-55 secrets and tables were made by jobs that ended well', async () => {
  const containers = await project.containers();
  for (const job of ['auth-secrets', 'auth-migrations']) {
    expect(containers.get(job)?.State, job).toMatchObject({ Status: 'exited', ExitCode: 0 });
  }
});

test('D-01 D-03 D-11 register, log in, be refused for want of a role, be granted it, pass, log out, be unknown', async () => {
  const email = await register();
  expect(await write(await login(email))).toBe(403);
  await project.compose(['run', '--rm', 'auth', 'grant', '--config', '/etc/auth/auth.yaml', email, 'ADMIN_ROLE']);
  const token = await login(email);
  expect(await write(token)).toBe(200);
  expect((await toAuth('POST', '/accounts/logout', token)).status).toBeLessThan(300);
  await eventually(async () => expect(await write(token)).toBe(401), { within: 2_000, every: 50 });
});

test('D-28 without the sessions nobody is known and nobody passes; with them again, everybody does', async () => {
  const token = await login(await register());
  await project.compose(['kill', 'sessions']);
  await eventually(async () => expect(await write(token)).toBe(503), patient);
  await project.compose(['start', 'sessions']);
  // Sessions are in memory: who was logged in has to do so again.
  await eventually(async () => expect(await write(token)).toBe(401), patient);
  expect(await write(await login(await register()))).toBe(403);
}, 120_000);

test('without the accounts nobody logs in, and who has a token goes on', async () => {
  const email = await register();
  const token = await login(email);
  await project.compose(['kill', 'accounts']);
  const form = new URLSearchParams({ username: email, password: secret }).toString();
  await eventually(
    async () => expect((await toAuth('POST', '/accounts/token', undefined, form)).status).toBe(503),
    patient,
  );
  expect(await write(token)).toBe(403);
  await project.compose(['start', 'accounts']);
  await eventually(
    async () => expect((await toAuth('POST', '/accounts/token', undefined, form)).status).toBe(200),
    patient,
  );
}, 120_000);

test('taken down, it leaves no container, volume, network or image', async () => {
  await project.down();
  expect(await project.leftovers()).toBe('');
});

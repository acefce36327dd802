import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../support/eventually.js';
import { echoedHeader } from '../support/http.js';
import { type Issuer, startIssuer } from '../support/issuer.js';
import { printLogsOnFailure, type TemporaryFolder, temporaryFolder } from '../support/process.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { hmacKeys, newSession, revokeSession, writeSession } from '../support/sessions.js';
import { type Stack, startStack } from '../support/stack.js';

// Real sessions in a real Redis and real tokens of an issuer, through a real Envoy to the backend.

let folder: TemporaryFolder;
let redis: RedisServer;
let issuer: Issuer;
let stack: Stack;
const users = '/v1/admin/users/testuser';
const admin = { roles: '["ADMIN_ROLE"]' };

beforeAll(async () => {
  folder = await temporaryFolder();
  [redis, issuer] = await Promise.all([startRedis(), startIssuer()]);
  const keys = join(folder.path, 'session-keys.yaml');
  const signing = join(folder.path, 'internal.pem');
  await writeFile(keys, stringify({ keys: [hmacKeys.current, hmacKeys.former] }));
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(signing, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const identity = {
    sources: [
      { kind: 'redis-session', cookie: 'session', keys, redis: { nodes: [redis.address], timeout: '1s' } },
      { kind: 'jwt', issuer: issuer.url, audience: ['cars'] },
    ],
    forward: {
      headers: { subject: 'x-user', roles: 'x-user-roles', email: 'x-user-email' },
      remove_credentials: true,
      token: { audience: ['backend'], keys: [{ file: signing }] },
    },
  };
  stack = await startStack({ engine: 'wasm', transport: 'tcp', config: { identity } });
});
afterAll(async () => {
  await stack?.stop();
  await Promise.all([redis?.stop(), issuer?.stop()]);
  await folder?.remove();
});
printLogsOnFailure();

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const post = (headers: Record<string, string>) => stack.send(users, { method: 'POST', headers });

test('D-22 D-25 a session gives its roles, by bearer token and by cookie', async () => {
  const [chief, other] = [await writeSession(redis, newSession(admin)), await writeSession(redis)];
  expect((await post(bearer(chief.token))).status).toBe(200);
  expect((await post({ cookie: `a=b; session=${chief.token}` })).status).toBe(200);
  expect((await post(bearer(other.token))).status).toBe(403);
  expect((await post({})).status).toBe(401);
});

test('D-20 D-21 an unknown token is 401 with a reason, also where anyone may read', async () => {
  for (const method of ['GET', 'POST']) {
    const response = await stack.send(users, { method, headers: bearer('0'.repeat(64)) });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
  }
});

test('A-47 a JWT of the issuer gives its roles; one that is forged is 401', async () => {
  expect((await post(bearer(await issuer.sign({ roles: ['ADMIN_ROLE'] })))).status).toBe(200);
  expect((await post(bearer(await issuer.sign()))).status).toBe(403);
  expect((await post(bearer(await issuer.sign({ aud: 'shop', roles: ['ADMIN_ROLE'] })))).status).toBe(401);
  const [header, , signature] = (await issuer.sign()).split('.');
  const forged = Buffer.from(
    JSON.stringify({ iss: issuer.url, aud: 'cars', sub: 'a', exp: 9e9, roles: ['ADMIN_ROLE'] }),
  );
  expect((await post(bearer(`${header}.${forged.toString('base64url')}.${signature}`))).status).toBe(401);
});

test('A-47 D-27 the backend hears from us who is calling, and neither forged headers nor the credential', async () => {
  const session = await writeSession(redis);
  const forged = {
    'x-user': 'root',
    'x-user-roles': 'ADMIN_ROLE',
    'x-user-email': 'root@x',
    'x-identity-token': 'a.b.c',
  };
  const echo = await stack.sendForEcho(users, {
    headers: { ...forged, ...bearer('x'), authorization: `Bearer ${session.token}`, cookie: 'theme=dark' },
  });
  expect(echoedHeader(echo, 'x-user')).toEqual(['42']);
  expect(echoedHeader(echo, 'x-user-roles')).toEqual(['manager']);
  expect(echoedHeader(echo, 'x-user-email')).toEqual(['alice@example.org']);
  expect(echoedHeader(echo, 'cookie')).toEqual(['theme=dark']);
  expect(JSON.stringify(echo)).not.toContain(session.token);
  const [token = ''] = echoedHeader(echo, 'x-identity-token');
  const keySet = createRemoteJWKSet(new URL('/.well-known/jwks.json', stack.portcullis.adminUrl));
  const { payload } = await jwtVerify(token, keySet, { issuer: 'portcullis', audience: 'backend' });
  expect(payload).toMatchObject({ sub: '42', roles: ['manager'], session: session.fields['session'] });

  const byCookie = await stack.sendForEcho(users, { headers: { cookie: `theme=dark; session=${session.token}; a=b` } });
  expect(echoedHeader(byCookie, 'cookie')).toEqual(['theme=dark; a=b']);

  const anonymous = await stack.sendForEcho(users, { headers: forged });
  expect(anonymous.headers.filter(([name]) => /^x[-_](user|identity)/i.test(name) && !/agent/i.test(name))).toEqual([]);
});

test('D-26 a revoked session is 401 within a second, with the message and without it', async () => {
  for (const tell of [true, false]) {
    const session = await writeSession(redis, newSession(admin));
    expect((await post(bearer(session.token))).status).toBe(200);
    const revoked = performance.now();
    await revokeSession(redis, session, tell);
    await eventually(async () => expect((await post(bearer(session.token))).status).toBe(401));
    expect(performance.now() - revoked).toBeLessThan(1000);
  }
});

test('D-28 Redis away is 503 for whoever shows a session, and nothing for others; then it heals', async () => {
  const session = await writeSession(redis, newSession(admin));
  expect((await post(bearer(session.token))).status).toBe(200);
  await redis.kill();
  await eventually(async () => expect((await post(bearer(session.token))).status).toBe(503));
  expect((await stack.send(users, { headers: bearer(session.token) })).status).toBe(503);
  expect((await stack.send(users)).status).toBe(200);
  expect((await post(bearer(await issuer.sign({ roles: ['ADMIN_ROLE'] })))).status).toBe(200);
  expect(await stack.portcullis.metrics()).toMatch(
    /portcullis_checks_total\{outcome="error",reason="identity_unavailable"\} [1-9]/,
  );
  expect(JSON.stringify(stack.portcullis.logs())).not.toContain(session.token);
  await redis.restart();
  await writeSession(redis, session);
  await eventually(async () => expect((await post(bearer(session.token))).status).toBe(200));
});

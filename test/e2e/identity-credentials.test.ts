import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../support/eventually.js';
import { echoedHeader } from '../support/http.js';
import { printLogsOnFailure, type TemporaryFolder, temporaryFolder } from '../support/process.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { hmacKeys, newSession, writeSession } from '../support/sessions.js';
import { type Stack, startStack } from '../support/stack.js';

// Credentials and API keys that stand in a real Redis, through a real Envoy to the backend.

/** Appends to whatever holds a credential. */
const appending = `package authz

default allow := false

allow := {"allowed": true, "headers": {
	"cookie": {"value": "shop=1", "append": true},
	"authorization": {"value": "Basic b3Vycw==", "append": true},
	"x-api-key": {"value": "ours", "append": true},
	"x_api_key": {"value": "ours", "append": true},
}} if input.identity
`;

let folder: TemporaryFolder;
let redis: RedisServer;
let stack: Stack;
beforeAll(async () => {
  [folder, redis] = await Promise.all([temporaryFolder(), startRedis()]);
  const keys = join(folder.path, 'keys.yaml');
  await writeFile(keys, stringify({ keys: [hmacKeys.current] }));
  const place = { keys, redis: { nodes: [redis.address], timeout: '1s' } };
  const sources = [
    { kind: 'redis-session', cookie: 'session', ...place },
    { kind: 'api-key', ...place },
  ];
  const identity = { sources, forward: { remove_credentials: true, headers: { subject: 'x-user' } } };
  const policy = { rego: { 'policy.rego': appending }, entrypoints: ['authz/allow'] };
  stack = await startStack({
    engine: 'wasm',
    transport: 'tcp',
    policy,
    config: { engine: { paths: [{ path: 'authz/allow' }] }, identity },
  });
});
afterAll(async () => {
  await stack?.stop();
  await redis?.stop();
  await folder?.remove();
});
printLogsOnFailure();

const path = '/v1/admin/users/testuser';
type Line = readonly [name: string, value: string];

test.each<[string, (token: string) => readonly Line[], string]>([
  ['one cookie header', (token) => [['cookie', `a=b; session=${token}; c=d`]], 'a=b; c=d; shop=1'],
  ['one that holds nothing else', (token) => [['cookie', `session=${token}`]], 'shop=1'],
])('D-27 the session of %s does not reach the backend, though the policy appends to it', async (_what, lines, rest) => {
  const { token } = await writeSession(redis);
  const echo = await stack.sendForEcho(path, { headers: lines(token) });
  expect(echoedHeader(echo, 'cookie')).toEqual([rest]);
  expect(JSON.stringify(echo)).not.toContain(token);
});

test('D-27 a session in a second line of cookies is refused: a backend might see it, and the policy would not', async () => {
  const { token } = await writeSession(redis);
  for (const name of ['cookie', 'Cookie']) {
    const headers: Line[] = [
      ['cookie', 'a=b'],
      [name, `session=${token}`],
    ];
    const response = await stack.send(path, { headers });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
  }
});

test('D-27 nor does a bearer token', async () => {
  const { token } = await writeSession(redis);
  const echo = await stack.sendForEcho(path, { headers: { authorization: `Bearer ${token}` } });
  expect(echoedHeader(echo, 'authorization')).toEqual(['Basic b3Vycw==']);
  expect(JSON.stringify(echo)).not.toContain(token);
});

const apiKey = 'key_0123456789abcdefghij';
const secret = Buffer.from(hmacKeys.current.secret_base64, 'base64');
const apiKeyName = `apikey:k2:${createHmac('sha256', secret).update(apiKey).digest('hex')}`;

test('A-47 an API key in Redis is found, does not reach the backend, and is refused within a second when it is gone', async () => {
  const ask = (key: string) => stack.send(path, { headers: { 'x-api-key': key } });
  await redis.command('HSET', apiKeyName, 'subject', 'billing', 'roles', '["reader"]');
  const echo = await stack.sendForEcho(path, { headers: { 'x-api-key': apiKey, 'x-user': 'root' } });
  expect(echoedHeader(echo, 'x-user')).toEqual(['billing']);
  expect(echoedHeader(echo, 'x-api-key')).toEqual(['ours']);
  expect(JSON.stringify(echo)).not.toContain(apiKey);
  expect((await ask('key_of_nobody_0123456789')).status).toBe(401);
  expect((await stack.send(path)).status).toBe(401);
  await redis.command('DEL', apiKeyName);
  // Without a message: the cache alone ends it.
  await eventually(async () => expect((await ask(apiKey)).status).toBe(401), { within: 1000, every: 20 });
});

test('A-47 D-28 Redis away is 503 for a key and for a session, and 401 for nobody', async () => {
  const { token } = await writeSession(redis, newSession());
  await redis.command('HSET', apiKeyName, 'subject', 'billing', 'roles', '[]');
  await redis.kill();
  const shown = [{ 'x-api-key': apiKey }, { 'x-api-key': 'key_of_nobody_0123456789' }, { cookie: `session=${token}` }];
  for (const headers of shown) {
    await eventually(async () => expect((await stack.send(path, { headers })).status).toBe(503), { within: 2000 });
  }
  expect((await stack.send(path)).status).toBe(401);
});

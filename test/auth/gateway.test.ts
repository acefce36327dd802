import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../support/http.js';
import { repository } from '../support/portcullis-server.js';
import { printLogsOnFailure } from '../support/process.js';
import { type Stack, startStack } from '../support/stack.js';
import { type AuthService, goodPassword, newEmail, startAuth, tokenOf } from './support/service.js';
import { type Relay, startRelay } from './support/tcp-relay.js';

// Two whole gateways, each with an Envoy and a Portcullis, in front of one authentication service. The second one never
// hears that a session was revoked.

let auth: AuthService;
let deaf: Relay;
let gateways: readonly Stack[] = [];
beforeAll(async () => {
  auth = await startAuth({ settings: { server: { trusted_proxies: ['127.0.0.1'] } } });
  deaf = await startRelay(auth.redis.address);
  deaf.watchAnswers = (bytes) => !isRevocation(bytes);
  gateways = await Promise.all([auth.redis.address, deaf.address].map(startGateway));
}, 120_000);
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await deaf?.stop();
  await auth?.stop();
});
printLogsOnFailure();

/** A message, and not the answer to the subscription, which names the channel too. */
function isRevocation(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return text.includes('portcullis:revoked') && text.includes('session:');
}

function startGateway(redis: string): Promise<Stack> {
  const source = {
    kind: 'redis-session',
    keys: auth.config.session.keys_file,
    redis: { nodes: [redis], timeout: '3s' },
  };
  return startStack({
    engine: 'wasm',
    transport: 'tcp',
    config: { identity: { sources: [source] } },
    envoy: {
      config: join(repository, 'envoy', 'gateway-auth.yaml'),
      clusters: { auth: auth.url.replace('http://', '') },
    },
  });
}

const [hearing, unhearing] = [0, 1];
const gateway = (index: number): Stack => {
  const found = gateways[index];
  if (found === undefined) throw new Error('the gateways have not started');
  return found;
};

/** A request to the authentication service by way of the gateway. */
function toAuth(method: string, path: string, token?: string, body?: string | object) {
  const isForm = typeof body === 'string';
  return send(gateway(hearing).url, path, {
    method,
    headers: {
      host: 'auth.books.test',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  });
}

const register = (email: string) => toAuth('POST', '/accounts', undefined, { email, password: goodPassword });
const login = async (email: string) =>
  tokenOf(
    await toAuth(
      'POST',
      '/accounts/token',
      undefined,
      new URLSearchParams({ username: email, password: goodPassword }).toString(),
    ),
  );

const user = '/v1/admin/users/testuser';
const call = async (index: number, token: string, method = 'GET') =>
  (await gateway(index).send(user, { method, headers: { authorization: `Bearer ${token}` } })).status;

/** Milliseconds after which no request began any more that was still let through. */
async function lettingThrough(index: number, token: string): Promise<number> {
  const revoked = performance.now();
  for (let last = 0; ; ) {
    const began = performance.now() - revoked;
    const status = await call(index, token);
    if (status === 401) return last;
    if (status === 200) last = began;
    if (began > 10_000) throw new Error(`still ${status} after 10 s`);
  }
}

describe('through the gateway', () => {
  test('D-03 D-05 D-27 an account, a token, and calls that the policy decides by its roles', async () => {
    const email = newEmail();
    const registered = await register(email);
    expect(registered.status).toBe(201);
    const { id } = registered.json() as { id: number };
    const token = await login(email);
    expect((await toAuth('GET', '/accounts/me', token)).json()).toMatchObject({ email });
    for (const index of [hearing, unhearing]) {
      expect(await call(index, token)).toBe(200);
      expect(await call(index, token, 'POST')).toBe(403);
    }
    await auth.query('UPDATE account SET roles = $2 WHERE id = $1', [id, ['ADMIN_ROLE']]);
    const admin = await login(email);
    expect(await call(hearing, admin, 'POST')).toBe(200);
  });

  test('D-27 the backend learns who calls from Portcullis, needs neither Redis nor keys, and cannot be told by the client', async () => {
    const email = newEmail();
    const { id } = (await register(email)).json() as { id: number };
    const echo = await gateway(hearing).sendForEcho(user, {
      headers: { authorization: `Bearer ${await login(email)}`, 'x-user': 'root', 'x-user-roles': 'ADMIN_ROLE' },
    });
    const seen = echo.headers.filter(([name]) => name.toLowerCase().startsWith('x-user'));
    expect(seen).toEqual([['x-user', String(id)]]);
  });

  test('D-07 a token that nobody was given is 401, with the reason', async () => {
    const response = await gateway(hearing).send(user, {
      headers: { authorization: `Bearer ${randomBytes(32).toString('hex')}` },
    });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  test('D-11 a revoked token is 401 within a second, where the message arrives and where it is lost', async () => {
    for (let round = 0; round < 3; round++) {
      const email = newEmail();
      await register(email);
      const token = await login(email);
      // Both have it in their caches.
      expect(await Promise.all([call(hearing, token), call(unhearing, token)])).toEqual([200, 200]);
      expect((await toAuth('POST', '/accounts/logout', token)).status).toBe(204);
      const times = await Promise.all([hearing, unhearing].map((index) => lettingThrough(index, token)));
      for (const time of times) expect(time).toBeLessThan(1000);
      expect(await Promise.all([call(hearing, token), call(unhearing, token)])).toEqual([401, 401]);
    }
  });

  test('D-09 D-11 so are all tokens of an account that was disabled, or whose password changed', async () => {
    const email = newEmail();
    const { id } = (await register(email)).json() as { id: number };
    const tokens = [await login(email), await login(email)];
    for (const token of tokens) expect(await call(unhearing, token)).toBe(200);
    const body = { current_password: goodPassword, new_password: 'an entirely new password' };
    expect((await toAuth('PUT', '/accounts/me/password', tokens[0], body)).status).toBe(204);
    for (const token of tokens) expect(await lettingThrough(unhearing, token)).toBeLessThan(1000);
    expect(await auth.query('SELECT id FROM session WHERE account_id = $1', [id])).toEqual([]);
  });

  test('D-28 while Redis is away, a token is 503 and neither 401 nor let through; anonymous calls go on', async () => {
    const token = await auth.newToken();
    await auth.redis.kill();
    try {
      expect(await call(hearing, token)).toBe(503);
      expect((await gateway(hearing).send(user)).status).toBe(200);
      expect((await toAuth('GET', '/accounts/me', token)).status).toBe(503);
    } finally {
      await auth.redis.restart();
    }
  });

  test('D-12 probes of the service are not open to the world', async () => {
    for (const path of ['/livez', '/readyz', '/readyz/']) expect((await toAuth('GET', path)).status).toBe(404);
  });
});

describe('D-40 pages of other origins', () => {
  const preflight = (host: string, path: string, origin: string) =>
    send(gateway(hearing).url, path, {
      method: 'OPTIONS',
      headers: {
        host,
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test.each([
    ['the service', 'auth.books.test', '/accounts/token'],
    ['the backend', 'books.test', user],
  ])(
    'D-40 a preflight to %s is answered by Envoy, without a token and without asking anyone',
    async (_what, host, path) => {
      const decisions = gateway(hearing).portcullis.decisionLog().length;
      const response = await preflight(host, path, 'https://app.example.com');
      expect(response.status).toBe(200);
      expect(response.headers['access-control-allow-origin']).toBe('https://app.example.com');
      expect(response.headers['access-control-allow-methods']).toContain('POST');
      expect(response.headers['access-control-allow-headers']).toContain('authorization');
      expect(response.headers['x-content-type-options']).toBeUndefined();
      expect(gateway(hearing).portcullis.decisionLog()).toHaveLength(decisions);
    },
  );

  test('D-40 an origin that is not listed is told nothing that would admit it', async () => {
    for (const [host, path] of [
      ['auth.books.test', '/accounts/token'],
      ['books.test', user],
    ] as const) {
      const response = await preflight(host, path, 'https://evil.example');
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
      expect(response.status).not.toBe(200);
    }
  });

  test('D-40 an answer names the origin once', async () => {
    const response = await send(gateway(hearing).url, '/accounts/me', {
      headers: { host: 'auth.books.test', origin: 'https://app.example.com' },
    });
    expect(response.status).toBe(401);
    expect(response.headers['access-control-allow-origin']).toBe('https://app.example.com');
  });
});

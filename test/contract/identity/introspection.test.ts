import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../support/ports.js';
import { apart } from '../../unit/identity/request.js';
import { openSources } from './open-sources.js';

// An authorization server that is asked about tokens (RFC 7662).

interface Asked {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

let url: string;
let asked: Asked[];
let answer: (response: ServerResponse, asked: Asked) => void;
const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

beforeEach(async ({ onTestFinished }) => {
  asked = [];
  answer = json({ active: false });
  const server = createServer(async (request, response) => {
    const one = { authorization: request.headers.authorization, form: new URLSearchParams(await read(request)) };
    asked.push(one);
    answer(response, one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`;
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
});

const now = () => Math.floor(Date.now() / 1000);
const alice = () => ({ active: true, sub: 'alice', aud: 'cars', roles: ['manager'], exp: now() + 600 });
const open = (parts: object = {}) => {
  const credentials = { client_id: 'port:cullis', client_secret_file: '/secret' };
  const source = { kind: 'introspection', url, ...credentials, timeout: '3s', audience: ['cars'], ...parts };
  return openSources([source], { '/secret': 's3cret %&\n' });
};
const invalid = (reason: string) => ({ kind: 'invalid', error: { source: 'introspection', reason } });
const outage = { kind: 'unavailable', source: 'introspection', error: { code: 'identity_unavailable' } };

test('A-47 an active token identifies its subject; we say who asks, and nothing of it is in the address', async () => {
  answer = json(alice());
  const found = await (await open()).bearer('opaque-token');
  expect(found).toMatchObject({
    kind: 'identified',
    identity: { source: 'introspection', subject: 'alice', roles: ['manager'] },
  });
  const basic = Buffer.from('port%3Acullis:s3cret+%25%26').toString('base64');
  expect(asked).toHaveLength(1);
  expect(asked[0]?.authorization).toBe(`Basic ${basic}`);
  expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({ token: 'opaque-token', token_type_hint: 'access_token' });
});

test('without a token nobody is asked, and another scheme is left to others', async () => {
  const sources = await open();
  expect(await sources.send()).toEqual({ kind: 'anonymous' });
  expect(await sources.send(['authorization', 'Basic YTpi'])).toEqual(invalid('malformed_credential'));
  expect(await sources.bearer('x'.repeat(5000))).toEqual(invalid('malformed_credential'));
  expect(asked).toEqual([]);
});

test.each<[string, object, string]>([
  ['is not active', { active: false }, 'unknown_token'],
  ['has ended', { exp: 1000 }, 'expired_token'],
  ['ends at no time', { exp: 'never' }, 'claim_invalid'],
  ['has not begun', { nbf: 9e9 }, 'claim_invalid'],
  ['is for someone else', { aud: 'shop' }, 'claim_invalid'],
  ['is for nobody', { aud: undefined }, 'claim_invalid'],
  ['has no subject', { sub: undefined }, 'claim_invalid'],
  ['is of another issuer', { iss: 'https://evil.example' }, 'claim_invalid'],
])('one that %s is refused', async (_, change, reason) => {
  answer = json({ ...alice(), iss: 'https://idp.example', ...change });
  expect(await (await open({ issuer: 'https://idp.example' })).bearer('t')).toEqual(invalid(reason));
});

describe('is an outage, and never an answer:', () => {
  test.each<[string, unknown, number?]>([
    ['401 for our own secret', { error: 'invalid_client' }, 401],
    ['403', alice(), 403],
    ['500', alice(), 500],
    ['204', '', 204],
    ['no JSON', '<html>active: true</html>'],
    ['no object', '[true]'],
    ['active that is text', { ...alice(), active: 'true' }],
    ['active that is missing', { sub: 'alice' }],
    ['half of an answer', '{"active":true,"sub":"al'],
    ['far too much', JSON.stringify({ ...alice(), x: 'x'.repeat(100_000) })],
  ])('%s', async (_, value, status) => {
    answer = json(value, status);
    expect(await (await open()).bearer('t')).toMatchObject(outage);
  });

  test('a redirect', async () => {
    answer = (response) => response.writeHead(307, { location: url }).end();
    expect(await (await open()).bearer('t')).toMatchObject(outage);
    expect(asked).toHaveLength(1);
  });

  test('silence, for the time of the source and for that of the check', async () => {
    answer = () => {};
    expect(await (await open({ timeout: '50ms' })).bearer('t')).toMatchObject(outage);
    const request = { ...apart(['authorization', 'Bearer t']), deadline: performance.now() + 50 };
    expect(await (await open({ timeout: '1h' })).ask(request)).toMatchObject(outage);
  });

  test('nobody there, and after some failures nobody is asked', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}/`;
    const sources = await open({ url: nowhere, breaker: { failures: 1, pause: '1h' } });
    expect(await sources.bearer('t')).toMatchObject(outage);
    expect(sources.ask(apart(['authorization', 'Bearer t']))).toMatchObject(outage);
  });
});

test('an active token is kept for a moment, and no other', async () => {
  answer = (response, { form }) => json(form.get('token') === 'good' ? alice() : { active: false })(response);
  const sources = await open({ cache: { ttl: '1s' } });
  expect(await sources.bearer('good')).toMatchObject({ kind: 'identified' });
  expect(sources.ask(apart(['authorization', 'Bearer good']))).toMatchObject({ kind: 'identified' });
  expect(await sources.bearer('bad')).toEqual(invalid('unknown_token'));
  expect(await sources.bearer('bad')).toEqual(invalid('unknown_token'));
  expect(asked.map(({ form }) => form.get('token'))).toEqual(['good', 'bad', 'bad']);
});

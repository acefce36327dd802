import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../../examples/backend/echo.js';
import { connectGrpc } from '../../support/grpc-client.js';
import { echoedHeader } from '../../support/http.js';
import { typed } from './support/gateway.js';
import { useRawAnswer } from './support/raw-answer.js';
import { type Outcome, useToldDecision } from './support/told-decision.js';

const told = useToldDecision();

/** What the backend got; fails if it got nothing. */
function echoOf({ echo, response }: Outcome): Echo {
  if (echo === undefined) throw new Error(`nothing reached the backend: ${response.status} ${response.body}`);
  return echo;
}

describe('allow or deny', () => {
  test('C1 true is 200, false is 403 without a body', async () => {
    const allowed = await told().decide(true);
    expect(allowed.response.status).toBe(200);
    const denied = await told().decide(false);
    expect(denied).toMatchObject({ response: { status: 403, body: '' }, echo: undefined });
    expect(denied.log).toMatchObject({ flags: 'UAEX', details: 'ext_authz_denied' });
  });

  test.each<readonly [string, unknown, number]>([
    ['undefined', undefined, 403],
    ['null', null, 500],
    ['a string', 'true', 500],
    ['a number', 1, 500],
    ['{}', {}, 500],
    ['a list', [true], 500],
    ['allowed: "true"', { allowed: 'true' }, 500],
    ['allow against allowed', { allow: true, allowed: false }, 500],
  ])(
    'C2 %s is never an allow: a denial, and no error that failure_mode_allow could turn into one',
    async (_name, decision, status) => {
      const errors = await told().count('error');
      const outcome = await told().decide(decision);
      expect(outcome).toMatchObject({ response: { status, body: '' }, echo: undefined });
      expect(outcome.log).toMatchObject({ details: 'ext_authz_denied' });
      expect(await told().count('error')).toBe(errors);
    },
  );

  test('C3 every answer of Portcullis has a status, which an allow depends on', async () => {
    const client = connectGrpc(told().portcullis.grpcAddress);
    try {
      for (const decision of [
        true,
        false,
        null,
        undefined,
        { allowed: true, headers: { a: 'b' } },
        { allowed: false },
      ]) {
        const headers = Object.fromEntries(told().headersFor(decision, 'c3'));
        const http = { method: 'GET', path: '/', host: 'x', headers };
        const answer = await client.check({ attributes: { request: { http } } });
        expect(answer['status'], JSON.stringify(decision)).toBeTypeOf('object');
        const { code = 0 } = answer['status'] as { code?: number };
        expect(code === 0).toBe(answer['denied_response'] === undefined);
      }
    } finally {
      client.close();
    }
  });
});

describe('headers towards the backend', () => {
  test.each([
    ['none', []],
    ['one', [['x-tenant', 'mine']]],
    [
      'two',
      [
        ['x-tenant', 'mine'],
        ['X-Tenant', 'mine too'],
      ],
    ],
  ] as const)('C5 a header that is set is the only one of its name; the client sent %s', async (_count, headers) => {
    const outcome = await told().decide({ allowed: true, headers: { 'x-tenant': 'ours' } }, '/', { headers });
    expect(echoedHeader(echoOf(outcome), 'x-tenant')).toEqual(['ours']);
  });

  test('C5 several values are one header, joined', async () => {
    const outcome = await told().decide({ allowed: true, headers: { 'x-tenant': ['a', 'b'] } });
    expect(echoedHeader(echoOf(outcome), 'x-tenant')).toEqual(['a,b']);
  });

  test('C7 appending joins with what the request has, and sets the header where there is none', async () => {
    const decision = { allowed: true, headers: { 'x-tag': { value: 'ours', append: true } } };
    const joined = await told().decide(decision, '/', {
      headers: [
        ['x-tag', 'a'],
        ['x-tag', 'b'],
      ],
    });
    expect(echoedHeader(echoOf(joined), 'x-tag')).toEqual(['a,b,ours']);
    expect(echoedHeader(echoOf(await told().decide(decision)), 'x-tag')).toEqual(['ours']);
  });

  test('C7 appending keeps nothing that the client sent under a protected name', async () => {
    const decision = { allowed: true, headers: { 'x-user-roles': { value: 'reader', append: true } } };
    const outcome = await told().decide(decision, '/', { headers: { 'x-user-roles': 'admin' } });
    expect(echoedHeader(echoOf(outcome), 'x-user-roles')).toEqual(['reader']);
  });

  test('C8 a header that is both set and removed is set: Envoy would remove it last', async () => {
    const decision = { allowed: true, headers: { 'x-tenant': 'ours' }, request_headers_to_remove: ['X-Tenant'] };
    const outcome = await told().decide(decision, '/', { headers: { 'x-tenant': 'mine' } });
    expect(echoedHeader(echoOf(outcome), 'x-tenant')).toEqual(['ours']);
  });

  test('C9 authorization and Cookie are removed, in any case', async () => {
    const decision = { allowed: true, request_headers_to_remove: ['Authorization', 'COOKIE'] };
    const outcome = await told().decide(decision, '/', {
      headers: { authorization: 'Bearer x', cookie: 'a=b', 'x-c': 'd' },
    });
    const echo = echoOf(outcome);
    expect([echoedHeader(echo, 'authorization'), echoedHeader(echo, 'cookie'), echoedHeader(echo, 'x-c')]).toEqual([
      [],
      [],
      ['d'],
    ]);
  });

  test.each(['host', ':path', ':method', 'connection', 'x y', ''])(
    'C10 removing %j, which Envoy ignores, is a fault of the policy: denied with 500',
    async (name) => {
      const outcome = await told().decide({ allowed: true, request_headers_to_remove: [name] });
      expect(outcome).toMatchObject({ response: { status: 500 }, echo: undefined });
    },
  );

  test('C13 a name in upper case is in lower case for an HTTP/2 backend', async () => {
    const outcome = await overHttp2().decide({ allowed: true, headers: { 'X-Tenant': 'Ours' } });
    const echo = echoOf(outcome);
    expect(echo.http_version).toBe('2.0');
    expect(echo.headers).toContainEqual(['x-tenant', 'Ours']);
  });

  const overHttp2 = useToldDecision({
    backend: startHttp2Echo,
    change: ({ config }) => {
      const cluster = config.static_resources.clusters?.find(({ name }) => name === 'backend');
      const name = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
      const options = typed(name, { explicit_http_config: { http2_protocol_options: {} } });
      Object.assign(cluster ?? {}, { typed_extension_protocol_options: { [name]: options } });
    },
  });

  test('C14 an empty value is an empty header', async () => {
    const outcome = await told().decide({ allowed: true, headers: { 'x-empty': '' } }, '/', {
      headers: { 'x-empty': 'mine' },
    });
    expect(echoedHeader(echoOf(outcome), 'x-empty')).toEqual(['']);
  });

  test('C15 a value beyond ASCII is UTF-8, towards the backend and the client', async () => {
    const outcome = await told().decide({
      allowed: true,
      headers: { 'x-name': 'Zoë 😀' },
      response_headers_to_add: { 'x-name': 'Zoë 😀' },
    });
    const utf8 = (value: unknown) => Buffer.from(String(value), 'latin1').toString('utf8');
    expect(echoedHeader(echoOf(outcome), 'x-name').map(utf8)).toEqual(['Zoë 😀']);
    const response = outcome.response.headers['x-name'];
    expect([response, utf8(response)]).toContain('Zoë 😀');
  });
});

describe('the query', () => {
  const targetOf = async (members: object, path: string) =>
    echoOf(await told().decide({ allowed: true, ...members }, path)).path;

  test('C17 a parameter is set in the place of every one of its name, in whatever spelling', async () => {
    const members = { query_parameters_to_set: { admin: 'no' } };
    expect(await targetOf(members, '/?admin=1&a=b&admin=2&%61dmin=3&%61%64min')).toBe('/?a=b&admin=no');
    expect(await targetOf(members, '/')).toBe('/?admin=no');
  });

  test('C17 a parameter is removed in every spelling, and no other', async () => {
    const members = { query_parameters_to_remove: ['admin'] };
    expect(await targetOf(members, '/?admin=1&%61dmin=2&a%64min&Admin=3&administrator=4')).toBe(
      '/?Admin=3&administrator=4',
    );
    expect(await targetOf(members, '/?admin=1')).toBe('/');
  });

  test('C17 one may be set while another is removed; of one that is both, the value stays', async () => {
    const members = { query_parameters_to_set: { a: '1', b: '2' }, query_parameters_to_remove: ['b', 'c'] };
    expect(await targetOf(members, '/?b=x&c=y&d=z')).toBe('/?a=1&b=2&d=z');
  });

  test('C17 of several values Envoy keeps the last', async () => {
    expect(await targetOf({ query_parameters_to_set: { a: ['1', '2'] } }, '/?a=0')).toBe('/?a=2');
  });

  test('C18 any change writes the whole query anew: sorted by name, and a parameter without a value gets an equals sign', async () => {
    expect(await targetOf({ query_parameters_to_set: { m: '1' } }, '/?z=1&b&a=2&sig=A%2fb+c')).toBe(
      '/?a=2&b=&m=1&sig=A%2fb+c&z=1',
    );
    expect(await targetOf({ query_parameters_to_remove: ['absent'] }, '/?z=1&b')).toBe('/?b=&z=1');
    expect(await targetOf({}, '/?z=1&b')).toBe('/?z=1&b');
  });

  const texts = [
    'd e',
    'd&e=f',
    'd#e',
    'd=e',
    'd+e',
    '100%',
    '%41',
    'é😀',
    '\r\nx-admin: 1',
    '\n',
    '\u0000',
    '\t',
    '"<>\\^`{|}',
    "!*'()~-._",
    '/?:@;,$[]',
    ' ',
    ' HTTP/1.1\r\n\r\nGET /admin',
  ];

  test.each(texts)('C17 %j arrives at the backend as the policy said it, as a value and as a name', async (text) => {
    for (const [name, value] of [
      ['c', text],
      [text, 'v'],
    ] as const) {
      const target = await targetOf({ query_parameters_to_set: { [name]: value } }, '/cars?a=1');
      expect(target).toMatch(/^\/cars\?[!-~]+$/);
      const url = new URL(target, 'http://backend');
      expect(url.hash).toBe('');
      expect([...url.searchParams].sort()).toEqual(
        [
          ['a', '1'],
          [name, value],
        ].sort(),
      );
    }
  });
});

describe('Envoy alone, without our encoding', () => {
  const raw = useRawAnswer();
  const validating = useRawAnswer(({ extAuthz }) => {
    extAuthz['validate_mutations'] = true;
  });
  const set = (value: string) => ({ status: {}, ok_response: { query_parameters_to_set: [{ key: 'c', value }] } });

  test('C17 Envoy writes a query value as it is given: a space breaks the request line, an ampersand begins a parameter', async () => {
    expect((await raw().send(set('d e'))).status).toBe(400);
    const { path } = (await raw().send(set('d&admin=1'), '/', { headers: { 'x-echo': '1' } })).json() as Echo;
    expect(path).toBe('/?c=d&admin=1');
  });

  test('C17 with validate_mutations Envoy refuses whatever is percent-encoded, so a policy that sets such parameters does without', async () => {
    expect((await validating().send(set('d%20e'))).status).toBe(500);
    expect(await validating().count('invalid')).toBeGreaterThan(0);
    expect((await raw().send(set('d%20e'))).status).toBe(200);
    expect((await validating().send(set('de'))).status).toBe(200);
  });
});

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

/** A backend that speaks HTTP/2 only and answers with the request. */
async function startHttp2Echo(): Promise<string> {
  const server = createServer();
  server.on('session', (session) => closing.push(() => session.destroy()));
  server.on('request', (request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    const echo = { method: request.method, path: request.url, http_version: request.httpVersion, headers };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(echo));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

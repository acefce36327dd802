import { describe, expect, test } from 'vitest';
import { type GatewayName, presetOf } from '../../../../src/server/http-front/preset.js';
import type { HeaderLine, SubRequest } from '../../../../src/server/http-front/sub-request.js';
import { readSubRequest } from '../../../../src/server/http-front/sub-request-attributes.js';

type Change = Partial<SubRequest> & { readonly without?: string };

const original: readonly HeaderLine[] = [
  ['x-original-method', 'POST'],
  ['x-original-uri', '/cars?x=1'],
  ['x-original-host', 'shop.example'],
  ['x-original-scheme', 'https'],
  ['x-original-address', '192.0.2.7'],
];
const forwarded: readonly HeaderLine[] = [
  ['x-forwarded-method', 'POST'],
  ['x-forwarded-uri', '/cars?x=1'],
  ['x-forwarded-host', 'shop.example'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-for', '192.0.2.7'],
];

const carriersOf: Readonly<Record<Exclude<GatewayName, 'envoy-http'>, readonly HeaderLine[]>> = {
  nginx: original,
  haproxy: original,
  kong: original,
  aws: original,
  traefik: forwarded,
  caddy: forwarded,
};
const carrying = Object.keys(carriersOf) as (keyof typeof carriersOf)[];

function read(name: keyof typeof carriersOf, more: readonly HeaderLine[] = [], { without, ...change }: Change = {}) {
  const carriers = carriersOf[name].filter(([header]) => header !== without);
  return readSubRequest(
    { method: 'GET', target: '/check', headers: [['host', 'portcullis'], ...carriers, ...more], ...change },
    presetOf(name),
  );
}

function readEnvoy(change: Partial<SubRequest> = {}) {
  const headers: readonly HeaderLine[] = [
    ['host', 'shop.example'],
    ['x-original-scheme', 'https'],
    ['x-original-address', '192.0.2.7'],
  ];
  return readSubRequest({ method: 'POST', target: '/check/-/cars?x=1', headers, ...change }, presetOf('envoy-http'));
}

describe.each(carrying)('%s', (name) => {
  test('B-35 the client’s request is what the carriers say', () => {
    expect(read(name, [['accept', '*/*']])).toEqual({
      ok: true,
      value: {
        source: { address: { socketAddress: { address: '192.0.2.7' } } },
        request: {
          http: {
            method: 'POST',
            path: '/cars?x=1',
            host: 'shop.example',
            scheme: 'https',
            headers: {
              ':authority': 'shop.example',
              ':method': 'POST',
              ':path': '/cars?x=1',
              ':scheme': 'https',
              accept: '*/*',
              'x-forwarded-for': '192.0.2.7',
              'x-forwarded-proto': 'https',
            },
          },
        },
      },
    });
  });

  test('each carrier must come, and come once', () => {
    for (const [header, value] of carriersOf[name]) {
      expect(read(name, [], { without: header })).toEqual({ ok: false, error: `the sub-request has no ${header}` });
      expect(read(name, [[header, value]])).toEqual({
        ok: false,
        error: `the sub-request has more than one ${header}`,
      });
    }
  });

  test('the method of the sub-request is GET and its target is one that the gateway was told', () => {
    expect(read(name, [], { method: 'POST' })).toMatchObject({ ok: false });
    for (const target of ['/', '/cars', '/checkout', '/check%2f', '//check', 'http://x/check', '/check/a b', '*']) {
      expect(read(name, [], { target }), target).toMatchObject({ ok: false });
    }
    expect(read(name, [], { target: '/check?x=1' })).toMatchObject({ ok: true });
  });

  test('the target may name a decision path', () => {
    const attributes = read(name, [], { target: '/check/authz/allow' });
    expect(attributes).toMatchObject({ ok: true, value: { contextExtensions: { 'portcullis.path': 'authz/allow' } } });
  });

  test.each([
    'x-original-url',
    'x-forwarded-client-cert',
    'x-forwarded-prefix',
    'forwarded',
    'x-real-ip',
    'x-envoy-external-address',
    'x-portcullis-status',
  ])('%s of the client does not reach the policy', (header) => {
    const attributes = read(name, [[header, 'made up']]);
    expect(attributes.ok && JSON.stringify(attributes.value)).not.toContain('made up');
  });

  test('the framing of the sub-request is not taken for the client’s', () => {
    const attributes = read(name, [
      ['content-length', '0'],
      ['connection', 'close'],
      ['transfer-encoding', 'chunked'],
    ]);
    const headers = attributes.ok ? attributes.value.request?.http?.headers : undefined;
    expect(Object.keys(headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/length|connection|encoding/)]),
    );
  });

  test('repeated headers are joined as Envoy does, and `__proto__` is a name like others', () => {
    const attributes = read(name, [
      ['a', '1'],
      ['a', '2'],
      ['cookie', 'x=1'],
      ['cookie', 'y=2'],
      ['__proto__', 'z'],
    ]);
    const headers = attributes.ok ? attributes.value.request?.http?.headers : undefined;
    expect(headers).toMatchObject({ a: '1,2', cookie: 'x=1; y=2' });
    expect(Object.entries(headers ?? {})).toContainEqual(['__proto__', 'z']);
  });
});

test.each([
  ['x-original-method', 'GET /'],
  ['x-original-method', ''],
  ['x-original-uri', 'http://shop.example/cars'],
  ['x-original-uri', 'cars'],
  ['x-original-uri', ''],
  ['x-original-scheme', 'HTTPS'],
  ['x-original-scheme', 'https, http'],
  ['x-original-address', 'unix:'],
  ['x-original-address', '192.0.2.7:80'],
  ['x-original-address', ''],
])('%s: %j is refused', (header, value) => {
  expect(read('nginx', [[header, value]], { without: header })).toMatchObject({ ok: false });
});

test('of several addresses the last is the client: the gateway added it', () => {
  const header = 'x-forwarded-for';
  const attributes = read('traefik', [[header, '10.0.0.1, 192.0.2.9']], { without: header });
  expect(attributes).toMatchObject({
    ok: true,
    value: { source: { address: { socketAddress: { address: '192.0.2.9' } } } },
  });
});

describe('envoy-http', () => {
  test('the sub-request has the client’s own method, target and host', () => {
    expect(readEnvoy()).toMatchObject({
      ok: true,
      value: {
        source: { address: { socketAddress: { address: '192.0.2.7' } } },
        request: { http: { method: 'POST', path: '/cars?x=1', host: 'shop.example', scheme: 'https' } },
      },
    });
  });

  test('the first separator counts: a client cannot choose the decision path', () => {
    expect(readEnvoy({ target: '/check/-/authz/allow/-/x' })).toMatchObject({
      ok: true,
      value: { request: { http: { path: '/authz/allow/-/x' } } },
    });
    expect(readEnvoy({ target: '/check/authz/allow/-/-/x' })).toMatchObject({
      ok: true,
      value: { contextExtensions: { 'portcullis.path': 'authz/allow' }, request: { http: { path: '/-/x' } } },
    });
    for (const target of ['/check', '/check/cars', '/cars/-/x', '/check-/-/x']) {
      expect(readEnvoy({ target }), target).toMatchObject({ ok: false });
    }
  });

  test('a body is text if it can be', () => {
    expect(readEnvoy({ body: Buffer.from('é') })).toMatchObject({
      ok: true,
      value: { request: { http: { body: 'é' } } },
    });
    expect(readEnvoy({ body: Buffer.of(0xff) })).toMatchObject({
      ok: true,
      value: { request: { http: { rawBody: Buffer.of(0xff) } } },
    });
  });
});

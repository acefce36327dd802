import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeGateway } from '../../support/gateway-contract.js';
import { useGatewayStack } from '../../support/gateway-stack.js';
import { kongFile, type PluginRequest, pluginDefaults, runPlugin, startKongDouble } from '../../support/kong-double.js';

// Against Kong's documented plugin interface: there is no Kong to be had where the tests run.

describeGateway({
  title: 'The interface of Kong',
  preset: 'kong',
  start: startKongDouble,
  denialBody: true,
  passesUnderscores: true,
});

const rego = `package envoy.authz
default allow := {"allowed": false, "http_status": 403, "body": "Access Forbidden"}
allow := {
  "allowed": true,
  "headers": {"x-tenant": "a"},
  "response_headers_to_add": {"set-cookie": ["a=1", "b=2"], "x-note": "n"},
} if input.parsed_path == ["open"]
allow := {"allowed": "yes"} if input.parsed_path == ["malformed"]
`;

describe('the plugin', () => {
  const stack = useGatewayStack({ preset: 'kong', start: startKongDouble, rego });
  const run = (request: Partial<PluginRequest>, url = `http://${stack().front}/check`) =>
    runPlugin(
      { method: 'GET', path: '/open', query: '', host: 'a', address: '192.0.2.7', headers: {}, ...request },
      url,
    );

  test('B-13 an allow is proxied, with what the decision sets', async () => {
    const outcome = await run({});
    expect(outcome.exit).toBeUndefined();
    expect([...outcome.set]).toEqual([['x-tenant', 'a']]);
    expect([...outcome.clear]).toEqual(expect.arrayContaining(['x-user', 'x_user', 'x-user-roles']));
    expect(outcome.response).toEqual(
      expect.arrayContaining([
        ['set-cookie', 'a=1', 'add'],
        ['set-cookie', 'b=2', 'add'],
        ['x-note', 'n', 'set'],
      ]),
    );
    expect(outcome.log).toEqual({ decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test('B-14 a denial ends the request with status and body', async () => {
    expect((await run({ path: '/closed' })).exit).toEqual({ status: 403, body: 'Access Forbidden' });
  });

  test('B-15 nobody who decides is 503, and nothing else', async () => {
    expect((await run({}, 'http://127.0.0.1:1/check')).exit).toEqual({ status: 503, body: '' });
    // Whatever answers there, it is not Portcullis.
    expect((await run({}, stack().backend.url)).exit).toEqual({ status: 503, body: '' });
  });

  test('B-16 a result that is no decision is 500', async () => {
    expect((await run({ path: '/malformed' })).exit).toMatchObject({ status: 500 });
  });

  test('B-17 what is asked has the request as the client wrote it, and not what the client wrote for us', async () => {
    const headers = { accept: ['a', 'b'], 'x-original-method': 'GET', 'x-portcullis-x': '1', connection: 'close' };
    const outcome = await run({ method: 'PUT', path: '/a%20b', query: 'x=%2e', host: 'shop.example', headers });
    const lines = outcome.question.map((_, index, all) => (index % 2 === 0 ? `${all[index]}: ${all[index + 1]}` : ''));
    expect(lines.filter((line) => line !== '').sort()).toEqual([
      'accept: a',
      'accept: b',
      'x-original-address: 192.0.2.7',
      'x-original-host: shop.example',
      'x-original-method: PUT',
      'x-original-scheme: http',
      'x-original-uri: /a%20b?x=%2e',
    ]);
  });

  test('more headers than Kong reads are refused: one of them could be hidden', async () => {
    expect((await run({ truncated: true })).exit).toEqual({ status: 400, body: '' });
  });

  test('B-12 B-18 its schema has the settings that the page names', async () => {
    expect(await pluginDefaults()).toEqual({ name: 'portcullis', url: 'http://127.0.0.1:9292/check', timeout: 500 });
  });
});

test('B-11 the declarative file has backends, and asks on every route but the probes', () => {
  expect(kongFile._format_version).toBe('3.0');
  const asked = kongFile.services.map(({ url, plugins }) => [url, plugins?.map(({ name }) => name)]);
  expect(asked).toEqual([
    ['http://127.0.0.1:8081', ['portcullis']],
    ['http://127.0.0.1:8081', ['request-transformer']],
  ]);
  expect(kongFile.services[1]?.routes).toMatchObject([{ methods: ['GET'], paths: ['~/health/(liveness|readiness)$'] }]);
});

test('B-10 the compose file has what Kong needs, and opens nothing else', async () => {
  const file = new URL('../../../examples/kong/docker-compose.yml', import.meta.url);
  const { services } = parse(await readFile(file, 'utf8'));
  expect(services.kong.ports).toEqual(['127.0.0.1:8000:8000']);
  expect(services.kong.environment).toMatchObject({
    KONG_DATABASE: 'off',
    KONG_ADMIN_LISTEN: 'off',
    KONG_PLUGINS: 'bundled,portcullis',
  });
  // Portcullis and the backend listen on the loopback that they share with Kong.
  for (const name of ['portcullis', 'backend']) expect(services[name].network_mode).toBe('service:kong');
  for (const { image } of Object.values<{ image: string }>(services))
    expect(image).toMatch(/:-[a-z-]+:\d+\.\d[.\d]*\}$/);
});

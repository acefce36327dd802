import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { echoedHeader, sendRaw } from '../support/http.js';
import { buildBundle } from '../support/policy-bundle.js';
import { type PortcullisServer, repository, startPortcullis } from '../support/portcullis-server.js';
import { decodeResponse, encodeRequest } from '../unit/check/peer-codec.js';
import { as } from './callers.js';
import { portcullis, startFront } from './matrix/support/front.js';
import type { Gateway } from './matrix/support/gateway.js';
import { connectRaw, type RawClient } from './matrix/support/raw-client.js';
import { useSeenInput } from './matrix/support/seen-input.js';
import { startTcpFront } from './matrix/support/tcp-front.js';

/** An Envoy that hands every path on as it came. */
function notNormalizing({ connectionManager }: Gateway): void {
  connectionManager['normalize_path'] = false;
  connectionManager['merge_slashes'] = false;
  connectionManager['path_with_escaped_slashes_action'] = 'KEEP_UNCHANGED';
}

function rawHeaders({ extAuthz }: Gateway): void {
  extAuthz['encode_raw_headers'] = true;
}

describe('paths that policy and backend would read differently, behind an Envoy that leaves them alone', () => {
  const stack = useSeenInput({ change: notNormalizing });

  test.each([
    ['CVE-2019-9901', '/public/../admin'],
    ['CVE-2019-9901', '/public/./../admin'],
    ['CVE-2019-9901', '/public//admin'],
    ['CVE-2026-26205', '//admin/x'],
    ['CVE-2021-29492', '/public%2F..%2Fadmin'],
    ['CVE-2021-29492', '/public/..%5Cadmin'],
    ['CVE-2021-29492', '/public%252F..%252Fadmin'],
    ['CVE-2026-73551', '/public/..;/admin'],
    ['CVE-2026-73511', '/public/..;x=1/admin'],
    ['CVE-2026-73511', '/public/%2e%2e;x/admin'],
  ])('%s %s is refused with 400 and no policy is asked', async (_id, path) => {
    const { response, input, echo } = await stack().ask(path);
    expect(response.status).toBe(400);
    expect(input).toBeUndefined();
    expect(echo).toBeUndefined();
  });

  test('CVE-2026-73511 a parameter that hides no dots stays part of its segment, for the policy and for the backend', async () => {
    const { input, echo } = await stack().ask('/admin;x=1/cars');
    expect(input.parsed_path).toEqual(['admin;x=1', 'cars']);
    expect(echo?.path).toBe('/admin;x=1/cars');
  });

  test('CVE-2021-32779 a fragment in the path is refused', async () => {
    const request = 'GET /public#/../admin HTTP/1.1\r\nhost: cars.example\r\nconnection: close\r\n\r\n';
    expect((await sendRaw(stack().url, request)).status).toBe(400);
  });
});

describe.each([
  ['headers as a map', {}],
  ['headers one by one', { change: rawHeaders }],
])('%s', (_name, options) => {
  const identity = { sources: [{ kind: 'token-file', file: join(repository, 'examples', 'tokens.yaml') }] };
  const stack = useSeenInput({ ...options, allow: 'input.identity.subject == "admin"', config: { identity } });

  test('CVE-2020-25017 CVE-2021-32777 CVE-2026-26308 a second credential beside a good one makes it no credential', async () => {
    expect((await stack().ask('/v1/admin/users/t', { headers: as('admin') })).response.status).toBe(200);
    const twice = [...Object.entries(as('admin')), ['authorization', 'Bearer other'] as const];
    for (const headers of [twice, twice.toReversed()]) {
      const { response, echo } = await stack().ask('/v1/admin/users/t', { headers: headers as [string, string][] });
      expect(response.status).toBe(401);
      expect(echo).toBeUndefined();
    }
  });

  test('CVE-2023-27488 bytes in a header that are no UTF-8: a decision all the same, and no error that could open the gate', async () => {
    const before = await stack().checks();
    const request = 'GET /cars HTTP/1.1\r\nhost: cars.example\r\nx-odd: \xff\xfe\xc3\r\nconnection: close\r\n\r\n';
    expect((await sendRaw(stack().url, request)).status).toBe(401);
    expect(await stack().checks()).toMatchObject({ denied: before.denied + 1, error: before.error });
  });
});

test('CVE-2024-23324 a PROXY protocol value that is no UTF-8 does not slip past a fail-open filter', async () => {
  const bundle = await buildBundle({ rego: 'package no\n\nallow := false', entrypoints: ['no/allow'] });
  const server = await portcullis({ config: { engine: { wasm: { bundle }, paths: [{ path: 'no/allow' }] } } });
  const type = 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';
  const rules = [{ tlv_type: 0xea, on_tlv_present: { metadata_namespace: 'proxy', key: 'vpc' } }];
  const front = await startTcpFront(server.grpcAddress, {
    listenerFilters: [{ name: 'envoy.filters.listener.proxy_protocol', typed_config: { '@type': type, rules } }],
    filter: { metadata_context_namespaces: ['proxy'], failure_mode_allow: true },
  });
  const header = Buffer.from('0d0a0d0a000d0a515549540a' + '2111' + '0011', 'hex');
  const addresses = Buffer.from([192, 0, 2, 7, 192, 0, 2, 1, 0x30, 0x39, 0x01, 0xbb]);
  const value = Buffer.from([0xea, 0x00, 0x02, 0xff, 0xfe]);
  const { received } = await front.exchange(Buffer.concat([header, addresses, value, Buffer.from('ping')]));
  expect(received).not.toContain('ping');
  expect(await front.count('denied')).toBe(1);
  expect(await front.count('failure_mode_allowed')).toBe(0);
});

describe('the shipped gateway', () => {
  const stack = useSeenInput();

  test('CVE-2023-27487 CVE-2024-45806 a client from outside cannot pass headers off as those of Envoy', async () => {
    const { input, echo } = await stack().ask('/cars', {
      headers: {
        'x-envoy-internal': 'true',
        'x-envoy-original-path': '/admin',
        'x-envoy-downstream-service-cluster': 'trusted',
        'x-envoy-external-address': '192.0.2.1',
        'x-envoy-auth-failure-mode-allowed': 'true',
      },
    });
    const seen = input.attributes.request.http.headers;
    for (const name of ['x-envoy-internal', 'x-envoy-original-path', 'x-envoy-downstream-service-cluster']) {
      expect(seen, name).not.toHaveProperty(name);
      expect(echo && echoedHeader(echo, name), name).toEqual([]);
    }
    expect(seen['x-envoy-external-address']).not.toBe('192.0.2.1');
    expect(seen).not.toHaveProperty('x-envoy-auth-failure-mode-allowed');
    expect(input.attributes.source).not.toHaveProperty('service');
  });

  test.each([
    ['CVE-2024-23326 CVE-2025-64763', 'CONNECT cars.example:443 HTTP/1.1\r\nhost: cars.example:443\r\n\r\nGET /admin'],
    [
      'CVE-2026-73548',
      'GET /cars HTTP/1.1\r\nhost: cars.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nGET /admin HTTP/1.1\r\nhost: cars.example\r\n\r\n',
    ],
  ])('%s no tunnel is opened, and what follows is not passed on', async (_id, bytes) => {
    const before = await stack().checks();
    const { status } = await sendRaw(stack().url, bytes);
    expect([403, 404]).toContain(status);
    expect(await stack().checks()).toEqual(before);
    expect((await stack().send('/cars')).status).toBe(200);
  });
});

test('CVE-2026-73547 CONNECT, which has no path, where tunnels are allowed: refused, and Envoy lives', async () => {
  const server = await portcullis({ config: { decision_log: { enabled: true } } });
  const front = await startFront(server.grpcAddress, {
    change: ({ connectionManager, virtualHost }) => {
      connectionManager['upgrade_configs'] = [{ upgrade_type: 'CONNECT' }];
      const upgrade_configs = [{ upgrade_type: 'CONNECT', connect_config: {} }];
      virtualHost.routes.unshift({ match: { connect_matcher: {} }, route: { cluster: 'backend', upgrade_configs } });
    },
  });
  const { status } = await sendRaw(front.url, 'CONNECT cars.example:443 HTTP/1.1\r\nhost: cars.example:443\r\n\r\n');
  expect(status).toBe(400);
  expect(front.envoy.child.isRunning()).toBe(true);
  await expect.poll(() => server.decisionLog()).toMatchObject([{ outcome: 'deny', method: 'CONNECT' }]);
});

describe('what a broken or hostile Envoy could send', () => {
  let server: PortcullisServer;
  let client: RawClient;
  beforeAll(async () => {
    server = await startPortcullis();
    client = connectRaw(server.grpcAddress);
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  /** Of the response's status; OK, which allows, is left out on the wire. */
  async function code(request: Uint8Array): Promise<number | undefined> {
    const response = decodeResponse(await client.check(Buffer.from(request))) as { status: { code?: number } };
    return response.status.code;
  }

  test('CVE-2023-27488 a text field that is no UTF-8 is answered with a denial, never with an error', async () => {
    const path = Buffer.from('/\xff\xfe', 'latin1');
    const http = Buffer.concat([Buffer.from([0x12, 0x03]), Buffer.from('GET'), Buffer.from([0x22, path.length]), path]);
    const inside = (field: number, bytes: Buffer) =>
      Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes]);
    expect(await code(inside(1, inside(4, inside(2, http))))).toBe(7);
  });

  test('CVE-2026-47778 a principal with a NUL is refused', async () => {
    const from = (principal: string) =>
      encodeRequest({ attributes: { source: { principal }, request: { http: { method: 'GET', path: '/cars' } } } });
    expect(await code(from('good'))).toBeUndefined();
    expect(await code(from('good\0.evil'))).toBe(7);
  });
});

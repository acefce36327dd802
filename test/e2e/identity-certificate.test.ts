import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../examples/backend/echo.js';
import { type Credential, createAuthority } from '../support/certificates.js';
import { type EnvoyServer, startEnvoy } from '../support/envoy-server.js';
import { echoedHeader, send } from '../support/http.js';
import { repository } from '../support/portcullis-server.js';
import { printLogsOnFailure } from '../support/process.js';
import { type Stack, startStack } from '../support/stack.js';
import { type Gateway, gatewayOf } from './matrix/support/gateway.js';
import { sendTls, terminateTls } from './matrix/support/tls.js';

// Mutual TLS that a real Envoy ends, with certificates of workloads, to the backend.

const users = '/v1/admin/users/testuser';
const serverAuthority = createAuthority('Server CA');
const clientAuthority = createAuthority('Client CA');
const workload = (...ids: string[]) =>
  clientAuthority.issue('workload', { names: ids.map((id) => ['uri', id] as const) });
const web = 'spiffe://example.org/ns/shop/sa/web';
const operator = 'spiffe://example.org/ns/ops/sa/operator';
const certificates = {
  operator: workload(operator),
  unmapped: workload(web),
  below: workload('spiffe://example.org/ns/opsy/sa/operator'),
  foreign: workload('spiffe://evil.example/ns/ops/sa/operator'),
  two: workload(operator, web),
  nameless: clientAuthority.issue('operator', { names: [['dns', 'ops.example.org']] }),
  untrusted: createAuthority('Other CA').issue('workload', { names: [['uri', operator]] }),
};
const source = {
  kind: 'client-certificate',
  trust_domains: ['example.org'],
  callers: [
    { spiffe_id: 'spiffe://example.org/ns/ops/*', roles: ['ADMIN_ROLE'] },
    { spiffe_id: 'spiffe://evil.example/*', roles: ['ADMIN_ROLE'] },
  ],
};
const forward = { headers: { subject: 'x-user', roles: 'x-user-roles' } };
const forged = { 'x-forwarded-client-cert': `Hash=00;URI=${operator}` };

printLogsOnFailure();

function requireTls(gateway: Gateway): void {
  terminateTls(gateway, { server: serverAuthority.issue('gateway'), clientAuthority: clientAuthority.cert });
}

/** What a caller with this certificate, or with none, gets. */
function caller(url: () => string, credential?: Credential) {
  const ask = (method: string, headers: Record<string, string>) =>
    sendTls(url(), { path: users, method, headers, ca: serverAuthority.cert, ...(credential && { credential }) });
  return {
    post: (headers = {}) => ask('POST', headers),
    get: (headers = {}) => ask('GET', headers),
    echo: async (headers = {}) => JSON.parse((await ask('GET', { 'x-echo': '1', ...headers })).body) as Echo,
  };
}

describe("Envoy's own peer", () => {
  let stack: Stack;
  const as = (credential?: Credential) => caller(() => stack.url, credential);

  beforeAll(async () => {
    const change = (gateway: Gateway) => {
      requireTls(gateway);
      gateway.extAuthz['include_peer_certificate'] = true;
      // The worst that Envoy can be told about the header: what the client wrote gets everywhere.
      gateway.connectionManager['forward_client_cert_details'] = 'ALWAYS_FORWARD_ONLY';
    };
    stack = await startStack({
      engine: 'wasm',
      transport: 'tcp',
      config: { identity: { sources: [source], forward } },
      envoy: { change: (config) => change(gatewayOf(config)) },
    });
  });
  afterAll(() => stack?.stop());

  test('A-47 has the roles that are mapped to its SPIFFE ID', async () => {
    expect((await as(certificates.operator).post()).status).toBe(200);
    expect((await as(certificates.unmapped).post()).status).toBe(403);
    expect((await as(certificates.below).post()).status).toBe(403);
    const echo = await as(certificates.operator).echo({ 'x-user': 'root', 'x-user-roles': 'FORGED' });
    expect(echoedHeader(echo, 'x-user')).toEqual([operator]);
    expect(echoedHeader(echo, 'x-user-roles')).toEqual(['ADMIN_ROLE']);
  });

  test('A-47 is nobody without a certificate, and refused with one that names nobody we may believe', async () => {
    expect((await as().post()).status).toBe(401);
    expect((await as().get()).status).toBe(200);
    for (const credential of [certificates.foreign, certificates.two]) {
      for (const method of ['post', 'get'] as const) expect((await as(credential)[method]()).status).toBe(401);
    }
    expect((await as(certificates.nameless).post()).status).toBe(401);
  });

  test('A-47 with a certificate of another authority does not get through the handshake', async () => {
    await expect(as(certificates.untrusted).post()).rejects.toThrow();
  });

  test('A-47 x-forwarded-client-cert of the client changes nothing, though it arrives', async () => {
    const echo = await as(certificates.unmapped).echo(forged);
    expect(echoedHeader(echo, 'x-forwarded-client-cert')).toEqual(Object.values(forged));
    expect(echoedHeader(echo, 'x-user')).toEqual([web]);
    expect((await as(certificates.unmapped).post(forged)).status).toBe(403);
    expect((await as().post(forged)).status).toBe(401);
    expect((await as(certificates.operator).post({ 'x-forwarded-client-cert': `URI=${web}` })).status).toBe(200);
  });
});

/** An address other than that of clients. macOS has 127.0.0.1 alone until it is told otherwise. */
const proxyAddress = '127.0.0.2';
const hasProxyAddress = await new Promise<boolean>((resolve) => {
  const server = createServer().once('error', () => resolve(false));
  server.listen(0, proxyAddress, () => server.close(() => resolve(true)));
});
if (!hasProxyAddress) {
  process.stderr.write(
    `SKIPPED: tests of x-forwarded-client-cert need ${proxyAddress}. On macOS: sudo ifconfig lo0 alias ${proxyAddress}\n`,
  );
}

describe.skipIf(!hasProxyAddress)('a proxy in front of Envoy ends mutual TLS', () => {
  let stack: Stack;
  let proxy: EnvoyServer;
  const as = (credential?: Credential) => caller(() => proxy.url, credential);

  beforeAll(async () => {
    stack = await startStack({
      engine: 'wasm',
      transport: 'tcp',
      config: { identity: { sources: [{ ...source, from: 'xfcc', trusted_peers: [proxyAddress] }], forward } },
      envoy: {
        change: (config) => {
          gatewayOf(config).connectionManager['forward_client_cert_details'] = 'ALWAYS_FORWARD_ONLY';
        },
      },
    });
    proxy = await startEnvoy({
      config: `${repository}envoy/gateway.yaml`,
      clusters: { backend: new URL(stack.url).host },
      change: (config) => becomeProxy(gatewayOf(config)),
    });
  });
  afterAll(async () => {
    await proxy?.stop();
    await stack?.stop();
  });

  /** Passes every request on to the gateway, from an address of its own, with the URI of the client's certificate. */
  function becomeProxy(gateway: Gateway): void {
    requireTls(gateway);
    const { config, connectionManager } = gateway;
    Object.assign(connectionManager, {
      forward_client_cert_details: 'SANITIZE_SET',
      set_current_client_cert_details: { uri: true, subject: true, dns: true },
      http_filters: connectionManager.http_filters.filter(({ name }) => name !== 'envoy.filters.http.ext_authz'),
    });
    config.static_resources.clusters = (config.static_resources.clusters ?? [])
      .filter(({ name }) => name === 'backend')
      .map((cluster) => ({
        ...cluster,
        upstream_bind_config: { source_address: { address: proxyAddress, port_value: 0 } },
      }));
  }

  test('A-47 what the declared proxy says of the certificate is believed', async () => {
    expect((await as(certificates.operator).post()).status).toBe(200);
    expect((await as(certificates.unmapped).post()).status).toBe(403);
    expect((await as(certificates.foreign).post()).status).toBe(401);
    expect((await as().post()).status).toBe(401);
    expect((await as().get()).status).toBe(200);
    expect(echoedHeader(await as(certificates.operator).echo(), 'x-user')).toEqual([operator]);
  });

  test('A-47 a header that the client sends through the proxy changes nothing', async () => {
    expect((await as(certificates.unmapped).post(forged)).status).toBe(403);
    expect((await as().post(forged)).status).toBe(401);
  });

  test('A-47 the same header from another peer is refused, whatever address it claims', async () => {
    for (const method of ['POST', 'GET']) {
      for (const claimed of [{}, { 'x-forwarded-for': proxyAddress, 'x-envoy-external-address': proxyAddress }]) {
        const response = await send(stack.url, users, { method, headers: { ...forged, ...claimed } });
        expect(response.status).toBe(401);
        expect(response.headers['www-authenticate']).toContain('error=');
      }
    }
    expect((await send(stack.url, users)).status).toBe(200);
  });
});

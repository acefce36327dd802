import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Credential, createAuthority } from '../../support/certificates.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { repository } from '../../support/portcullis-server.js';
import { printLogsOnFailure } from '../../support/process.js';
import { grpcStatus } from './support/check-answers.js';
import { misbehaving, portcullis } from './support/front.js';
import { typed } from './support/gateway.js';
import { banner, startTcpFront } from './support/tcp-front.js';
import { olderThan } from './support/versions.js';

printLogsOnFailure();

const authority = createAuthority('Test CA');
const server = authority.issue('envoy.example');
const spiffe = 'spiffe://example.org/ns/shop/sa/orders';
const client = authority.issue('orders', { names: [['uri', spiffe]] });
const anyPeer = { source: { address: { socketAddress: { address: '127.0.0.1' } } } };

/** Envoy connects to the server behind it when the client has sent something, and so after the check. */
const connectOnData = { upstream_connect_mode: 'ON_DOWNSTREAM_DATA', max_early_data_bytes: 4096 };

/** A Portcullis whose rule for connections is the expression over `input`. */
async function deciding(expression: string) {
  const rego = `package envoy.tcp

decision := {
	"allowed": allowed,
	"dynamic_metadata": {"input": json.marshal(input)},
}

default allowed := false

allowed if ${expression}
`;
  const bundle = await buildBundle({ rego, entrypoints: ['envoy/tcp/decision'] });
  const engine = { kind: 'wasm', wasm: { bundle }, paths: [{ path: 'envoy/tcp/decision', shape: 'envoy' }] };
  return portcullis({ config: { engine, decision_log: { enabled: true } } });
}

/** What the rule was asked with for the last connection. */
async function lastInput(front: Awaited<ReturnType<typeof startTcpFront>>) {
  const metadata = () => front.envoy.accessLog().at(-1)?.['network'] as { input?: string } | null | undefined;
  await expect.poll(metadata).toMatchObject({ input: expect.any(String) });
  return JSON.parse(metadata()?.input ?? '');
}

describe('a connection', () => {
  test('G1 allowed: it reaches the server', async () => {
    const front = await startTcpFront((await deciding('not input.attributes.request')).grpcAddress);
    expect((await front.exchange('ping', { enough: 'ping' })).received).toContain('ping');
    expect(await front.count('ok')).toBe(1);
  });

  test('G1 denied: it is closed and nothing of it reaches the server; the access log says UAEX', async () => {
    const front = await startTcpFront((await deciding('false')).grpcAddress);
    expect((await front.exchange('ping')).received).not.toContain('ping');
    expect(await front.count('denied')).toBe(1);
    expect(await front.count('cx_closed')).toBe(1);
    await expect.poll(() => front.envoy.accessLog().at(-1)).toMatchObject({ flags: 'UAEX' });
  });

  test('G2 the check has addresses and no request; one is made for each connection, not for each write', async () => {
    const running = await deciding('input.attributes.source.address.socketAddress.address == "127.0.0.1"');
    const front = await startTcpFront(running.grpcAddress);
    await front.exchange('one', { enough: 'one' });
    const input = await lastInput(front);
    expect(input.attributes).toMatchObject(anyPeer);
    expect(input.attributes.destination.address.socketAddress.portValue).toBe(Number(new URL(front.envoy.url).port));
    expect(input.attributes).not.toHaveProperty('request');
    expect(input.parsed_path).toEqual(['']);
    expect(await front.count('total')).toBe(1);
    expect(running.decisionLog()).toHaveLength(1);
  });

  test.each(['envoy', 'http-api'])(
    'G2 the policy that Portcullis carries denies each connection, shape %s',
    async (shape) => {
      const path = shape === 'envoy' ? 'envoy/authz/allow' : 'authz/allow';
      const running = await portcullis({ config: { engine: { kind: 'wasm', paths: [{ path, shape }] } } });
      const front = await startTcpFront(running.grpcAddress);
      expect((await front.exchange('GET / HTTP/1.1\r\n\r\n')).received).not.toContain('GET');
      expect(await front.count('denied')).toBe(1);
      expect(await front.count('error')).toBe(0);
    },
  );
});

test('G1 the policy that docs/envoy.md shows lets one service reach one server name', async () => {
  const page = await readFile(join(repository, 'docs', 'envoy.md'), 'utf8');
  const rego = /^```rego\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '';
  const bundle = await buildBundle({ rego, entrypoints: ['envoy/tcp/allow'] });
  const engine = { kind: 'wasm', wasm: { bundle }, paths: [{ path: 'envoy/tcp/allow' }] };
  const front = await startTcpFront((await portcullis({ config: { engine } })).grpcAddress, {
    tls: server,
  });
  const stranger = authority.issue('stranger', { names: [['uri', 'spiffe://example.org/ns/shop/sa/other']] });
  const reach = async (servername: string, certificate: Credential) =>
    (await front.exchange('ping', { enough: 'ping', tls: { servername, ...certificate } })).received.includes('ping');
  expect(await reach('db.example', client)).toBe(true);
  expect(await reach('other.example', client)).toBe(false);
  expect(await reach('db.example', stranger)).toBe(false);
});

describe('G3 what a policy can decide on', () => {
  const rule = 'input.attributes.tlsSession.sni == "db.example"';

  test('G3 the server name of TLS, and the principal of the certificate', async () => {
    const front = await startTcpFront((await deciding(rule)).grpcAddress, {
      tls: server,
      filter: { include_peer_certificate: true },
    });
    const allowed = await front.exchange('ping', { enough: 'ping', tls: { servername: 'db.example', ...client } });
    expect(allowed.received).toContain('ping');
    const input = await lastInput(front);
    expect(input.source_principal).toBe(spiffe);
    expect(input.attributes.source.principal).toBe(spiffe);
    expect(decodeURIComponent(input.attributes.source.certificate)).toBe(client.cert);
    const denied = await front.exchange('ping', { tls: { servername: 'other.example', ...client } });
    expect(denied.received).not.toContain('ping');
    expect(await front.count('denied')).toBe(1);
  });

  test.skipIf(olderThan('1.37.0'))(
    'G3 the server name of TLS that goes through unopened, found by tls_inspector',
    async () => {
      const inspector = typed('envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector', {});
      const front = await startTcpFront((await deciding(rule)).grpcAddress, {
        listenerFilters: [{ name: 'envoy.filters.listener.tls_inspector', typed_config: inspector }],
        proxy: connectOnData,
      });
      // The server behind does not speak TLS: what counts is whether the connection got that far.
      await front.exchange('', { tls: { servername: 'db.example' } });
      expect(await front.count('ok')).toBe(1);
      await front.exchange('', { tls: { servername: 'other.example' } });
      expect(await front.count('denied')).toBe(1);
    },
  );

  test.skipIf(olderThan('1.37.0'))(
    'G3 a value that the load balancer in front put into the PROXY protocol',
    async () => {
      const proxyProtocol = typed('envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol', {
        rules: [{ tlv_type: 0xea, on_tlv_present: { metadata_namespace: 'proxy', key: 'vpc' } }],
      });
      const front = await startTcpFront(
        (await deciding('input.attributes.metadataContext.filterMetadata.proxy.vpc == "blue"')).grpcAddress,
        {
          listenerFilters: [{ name: 'envoy.filters.listener.proxy_protocol', typed_config: proxyProtocol }],
          filter: { metadata_context_namespaces: ['proxy'] },
        },
      );
      expect((await front.exchange(proxied('blue', 'ping'), { enough: 'ping' })).received).toContain('ping');
      expect((await lastInput(front)).attributes.source.address.socketAddress.address).toBe('192.0.2.7');
      expect((await front.exchange(proxied('red', 'ping'))).received).not.toContain('ping');
    },
  );
});

test('G4 send_tls_alert_on_denial: the client gets the alert access_denied (49)', async () => {
  const running = await deciding('false');
  const front = await startTcpFront(running.grpcAddress, { tls: server, filter: { send_tls_alert_on_denial: true } });
  const { error } = await front.exchange('ping', { tls: { servername: 'db.example' } });
  expect(error).toMatch(/ACCESS_DENIED/);
  const silent = await startTcpFront(running.grpcAddress, { tls: server });
  const unexplained = await silent.exchange('ping', { tls: { servername: 'db.example' } });
  expect(unexplained).not.toMatchObject({ error: expect.stringContaining('ACCESS_DENIED') });
  expect(unexplained.received).not.toContain('ping');
});

describe('G5 the check is an error', () => {
  test.each([
    ['fail-closed: closed', false],
    ['fail-open: let through', true],
  ])('G5 %s', async (_name, failureModeAllow) => {
    const front = await startTcpFront((await misbehaving(grpcStatus(14))).address, {
      filter: { failure_mode_allow: failureModeAllow },
    });
    const { received } = await front.exchange('ping', failureModeAllow ? { enough: 'ping' } : {});
    expect(received.includes('ping')).toBe(failureModeAllow);
    expect(await front.count('error')).toBe(1);
    expect(await front.count('failure_mode_allowed')).toBe(failureModeAllow ? 1 : 0);
  });
});

describe('G6 a server that speaks first', () => {
  test('G6 its greeting reaches a client before any check is made, and a client that will be denied', async () => {
    const front = await startTcpFront((await deciding('false')).grpcAddress);
    const beforeEnd = async () => expect(await front.count('total')).toBe(0);
    expect((await front.exchange('', { enough: banner, beforeEnd })).received).toBe(banner);
  });

  test.skipIf(olderThan('1.37.0'))(
    'G6 connecting only on data of the client, nothing reaches one that is denied',
    async () => {
      const denying = await startTcpFront((await deciding('false')).grpcAddress, { proxy: connectOnData });
      expect(await denying.exchange('ping')).toMatchObject({ received: '' });
      expect(await denying.count('denied')).toBe(1);
      const allowing = await startTcpFront((await deciding('true')).grpcAddress, { proxy: connectOnData });
      expect((await allowing.exchange('ping', { enough: 'ping' })).received).toBe(`${banner}ping`);
    },
  );
});

test('G7 dynamic metadata, with the decision id, stands in the namespace of the network filter', async () => {
  const running = await deciding('true');
  const front = await startTcpFront(running.grpcAddress);
  await front.exchange('ping', { enough: 'ping' });
  await expect
    .poll(() => front.envoy.accessLog().at(-1))
    .toMatchObject({ network: { input: expect.any(String) }, http: null });
  const [record] = running.decisionLog();
  expect(front.envoy.accessLog().at(-1)?.['network']).toMatchObject({ decision_id: record?.['decision_id'] });
});

/** The bytes behind a PROXY protocol header, version 2, for TCP over IPv4, with one value of type 0xea. */
function proxied(value: string, bytes: string): Buffer {
  const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
  const addresses = Buffer.from([192, 0, 2, 7, 192, 0, 2, 1, 0x30, 0x39, 0x01, 0xbb]);
  const tlv = Buffer.concat([Buffer.from([0xea, 0, value.length]), Buffer.from(value)]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(addresses.length + tlv.length);
  return Buffer.concat([signature, Buffer.from([0x21, 0x11]), length, addresses, tlv, Buffer.from(bytes)]);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'undici';
import { afterAll, expect, test } from 'vitest';
import { send, sendRaw } from '../../support/http.js';
import { typed } from './support/gateway.js';
import { addListener, listenerUrl } from './support/listeners.js';
import { newMark, useSeenInput } from './support/seen-input.js';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-listener-'));
const socket = join(folder, 'gateway.sock');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** A type-length-value of PROXY protocol that the gateway's listener keeps as metadata. */
const tlv = { type: 0xea, value: 'tenant-7' };

const stack = useSeenInput({
  change: (gateway) => {
    gateway.extAuthz['metadata_context_namespaces'] = ['envoy.filters.listener.proxy_protocol'];
    addListener(gateway, 'socket', { pipe: { path: socket } });
    if (hasIpv6) addListener(gateway, 'ipv6', { socket_address: { address: '::1', port_value: 0 } });
    const proxied = addListener(gateway, 'proxied', { socket_address: { address: '127.0.0.1', port_value: 0 } });
    proxied['listener_filters'] = [
      {
        name: 'envoy.filters.listener.proxy_protocol',
        typed_config: typed('envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol', {
          rules: [{ tlv_type: tlv.type, on_tlv_present: { key: 'tenant' } }],
        }),
      },
    ];
  },
});

/** The header of version 2: TCP over IPv4 from 203.0.113.7:4567 to 198.51.100.1:443, with one TLV. */
function proxyHeader(): string {
  const value = Buffer.from(tlv.value);
  const addresses = Buffer.from([203, 0, 113, 7, 198, 51, 100, 1, 0x11, 0xd7, 0x01, 0xbb]);
  const extra = Buffer.concat([Buffer.of(tlv.type, 0, value.length), value]);
  const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
  const length = addresses.length + extra.length;
  return Buffer.concat([signature, Buffer.of(0x21, 0x11, 0, length), addresses, extra]).toString('latin1');
}

function get(mark: string): string {
  return `GET /cars HTTP/1.1\r\nhost: x\r\nx-mark: ${mark}\r\nconnection: close\r\n\r\n`;
}

test('A17 behind PROXY protocol v2 the addresses are those that it conveys, and so is its metadata', async () => {
  const mark = newMark();
  const { status } = await sendRaw(await listenerUrl(stack(), 'proxied'), proxyHeader() + get(mark));
  const { input } = await stack().seen(mark);
  expect(status).toBe(200);
  expect(input.attributes.source.address).toEqual({ socketAddress: { address: '203.0.113.7', portValue: 4567 } });
  expect(input.attributes.destination.address).toEqual({ socketAddress: { address: '198.51.100.1', portValue: 443 } });
  expect(input.attributes.metadataContext).toEqual({
    filterMetadata: { 'envoy.filters.listener.proxy_protocol': { tenant: tlv.value } },
  });
});

test('A17 a connection to that listener without the header is closed without a check', async () => {
  const before = await stack().checks();
  const answer = await sendRaw(await listenerUrl(stack(), 'proxied'), get(newMark())).catch(() => undefined);
  expect(answer?.status ?? 0).toBe(0);
  expect(await stack().checks()).toEqual(before);
});

test('A18 on a Unix socket both addresses are pipes with the path of the listener', async () => {
  const mark = newMark();
  const client = new Client('http://localhost', { socketPath: socket });
  const { statusCode, body } = await client.request({ path: '/cars', method: 'GET', headers: { 'x-mark': mark } });
  await body.dump();
  await client.close();
  const { input } = await stack().seen(mark);
  expect(statusCode).toBe(200);
  expect(input.attributes.source.address).toEqual({ pipe: { path: socket } });
  expect(input.attributes.destination.address).toEqual({ pipe: { path: socket } });
});

test(`A19 over IPv6 ${hasIpv6 ? '' : '(not provoked: this machine has no ::1)'}`.trim(), async () => {
  if (!hasIpv6) return expect(networkInterfaces()).not.toMatchObject({ lo: [{ address: '::1' }] });
  const mark = newMark();
  const { status } = await send(await listenerUrl(stack(), 'ipv6'), '/cars', { headers: { 'x-mark': mark } });
  const { input } = await stack().seen(mark);
  expect(status).toBe(200);
  expect(input.attributes.source.address.socketAddress).toEqual({ address: '::1', portValue: expect.any(Number) });
  expect(input.attributes.request.http.host).toMatch(/^\[::1\]:[0-9]+$/);
});

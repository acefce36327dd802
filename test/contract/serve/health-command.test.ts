import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuthority } from '../../support/certificates.js';
import { eventually } from '../../support/eventually.js';
import { connectGrpc } from '../../support/grpc-client.js';
import { runPortcullis } from '../../support/portcullis-server.js';
import { freePort } from '../../support/ports.js';
import { configFile, folder, serve } from './serve.js';

const serving = { code: 0, stdout: 'SERVING', stderr: '' };

const health = (file: string, env: Readonly<Record<string, string>> = {}) =>
  runPortcullis(['health', '--config', file], env);

async function tlsFiles(mutual: boolean) {
  const place = await folder();
  const authority = createAuthority('Test authority');
  // Names that are not those of the address that is asked.
  const { cert, key } = authority.issue('portcullis', { names: [['dns', 'portcullis.example']] });
  const files = { cert: join(place, 'tls.crt'), key: join(place, 'tls.key') };
  const clientCa = join(place, 'ca.crt');
  await Promise.all([writeFile(files.cert, cert), writeFile(files.key, key), writeFile(clientCa, authority.cert)]);
  return mutual ? { ...files, client_ca: clientCa } : files;
}

test.each([
  ['over TCP', async () => ({})],
  ['over a Unix socket', async () => ({ grpcAddress: `unix://${join(await folder(), 'check.sock')}` })],
  ['on a wildcard address', async () => ({ grpcAddress: `0.0.0.0:${await freePort()}` })],
  ['over TLS', async () => ({ config: { grpc: { tls: await tlsFiles(false) } } })],
  ['over mutual TLS', async () => ({ config: { grpc: { tls: await tlsFiles(true) } } })],
])('health is 0 for the one that serves the same configuration %s', async (_, options) => {
  const { configFile: file } = await serve(await options());
  expect(await health(file)).toMatchObject(serving);
});

test('health takes the address from the environment too, and asks no proxy', async () => {
  const { grpcAddress } = await serve();
  const proxies = { http_proxy: 'http://127.0.0.1:9', grpc_proxy: 'http://127.0.0.1:9' };
  expect(await runPortcullis(['health'], { PORTCULLIS_GRPC_ADDRESS: grpcAddress, ...proxies })).toMatchObject(serving);
});

test.each([
  ['plain', async () => ({})],
  ['mutual TLS', async () => ({ tls: await tlsFiles(true) })],
])('health is 1 where nothing listens, %s', async (_, grpc) => {
  const addresses = { grpc: { address: '127.0.0.1:1', ...(await grpc()) }, admin: { address: '127.0.0.1:2' } };
  const asked = await health(await configFile(addresses));
  expect(asked).toMatchObject({ code: 1, stdout: '' });
  expect(asked.stderr).toMatch(/^portcullis: UNAVAILABLE: /);
});

test.each([
  ['plain', async () => ({})],
  ['mutual TLS', async () => ({ grpc: { tls: await tlsFiles(true) } })],
])('health is 1 while it drains, %s', async (_, config) => {
  const portcullis = await serve({ config: { ...(await config()), shutdown: { quiet_period: '10m' } } });
  const held = connectGrpc(portcullis.grpcAddress);
  if (_ === 'plain') expect(await held.health()).toBe('SERVING');
  portcullis.signal('SIGTERM');
  await eventually(async () => {
    const asked = await health(portcullis.configFile);
    expect(asked.code).toBe(1);
    expect(asked.stderr).toMatch(/NOT_SERVING|UNAVAILABLE/);
  });
  held.close();
});

test('health is 1 for a server with another certificate', async () => {
  const { grpcAddress } = await serve({ config: { grpc: { tls: await tlsFiles(false) } } });
  const file = await configFile({ grpc: { address: grpcAddress, tls: await tlsFiles(false) } });
  const asked = await health(file);
  expect(asked).toMatchObject({ code: 1, stdout: '' });
  expect(asked.stderr).toMatch(/^portcullis: UNAVAILABLE: /);
});

test('health is 1 with a configuration that is wrong, and says what is', async () => {
  const asked = await health(await configFile('grcp: {}\n'));
  expect(asked).toMatchObject({ code: 1, stdout: '' });
  expect(asked.stderr).toContain('unknown key');
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { credentials, status } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthority } from '../../support/certificates.js';
import { connectGrpc } from '../../support/grpc-client.js';
import { startPortcullis } from '../../support/portcullis-server.js';
import { temporaryFolder } from '../../support/process.js';
import { ask } from '../ambiguous/support/raw-request.js';
import { useSeenInput } from './support/seen-input.js';

test('D17 with mutual TLS nobody without a certificate of the authority gets an answer to a check', async () => {
  const authority = createAuthority('authority');
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const server = authority.issue('portcullis');
  const files = { cert: server.cert, key: server.key, client_ca: authority.cert };
  const tls: Record<string, string> = {};
  for (const [name, pem] of Object.entries(files)) {
    tls[name] = join(folder.path, name);
    await writeFile(tls[name], pem);
  }
  const portcullis = await startPortcullis({ config: { grpc: { tls } } });
  onTestFinished(async () => void (await portcullis.stop()));

  const check = async (channel: ReturnType<typeof credentials.createInsecure>) => {
    const client = connectGrpc(portcullis.grpcAddress.replace('127.0.0.1', 'localhost'), channel);
    onTestFinished(() => client.close());
    return client.check({ attributes: { request: { http: { method: 'GET', path: '/cars' } } } });
  };
  const root = Buffer.from(authority.cert);
  const withCertificate = ({ cert, key }: { cert: string; key: string }) =>
    credentials.createSsl(root, Buffer.from(key), Buffer.from(cert));

  expect(await check(withCertificate(authority.issue('envoy')))).toHaveProperty('status');
  // The handshake fails: there is no connection over which UNAUTHENTICATED could be said.
  const stranger = createAuthority('authority').issue('envoy');
  for (const channel of [credentials.createInsecure(), credentials.createSsl(root), withCertificate(stranger)]) {
    await expect(check(channel)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  }
});

// Exact after normalisation, which resolves dots and decodes letters.
describe('paths without a check', () => {
  const stack = useSeenInput({ allow: 'false' });

  test.concurrent.each([
    ['/health/liveness', 200],
    ['/health/liveness?x', 200],
    ['/health/./liveness', 200],
    ['/health/%6civeness', 200],

    ['/health/liveness/', 403],
    ['/health/liveness/x', 403],
    ['/health/livenessx', 403],
    ['/HEALTH/liveness', 403],
    ['/health/liveness/../../admin', 403],
    ['/health/liveness/%2e%2e/%2e%2e/admin', 403],
    ['/health/liveness%2f..%2f..%2fadmin', 400],
    ['/health/liveness%252f..%252fadmin', 400],
    ['/health/liveness;/../../admin', 403],
    ['/health/liveness;x=1', 403],
  ])('D18 %s gets %i', async (target, status) => {
    expect((await ask(stack(), { target })).status).toBe(status);
  });

  test('D18 only GET is free', async () => {
    for (const method of ['POST', 'HEAD', 'DELETE', 'OPTIONS']) {
      expect((await ask(stack(), { method, target: '/health/liveness' })).status).toBe(403);
    }
  });
});

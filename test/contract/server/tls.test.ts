import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { TlsFiles } from '../../../src/server/tls-files.js';
import { type Credential, createAuthority } from '../../support/certificates.js';
import { failOnLeaks } from './leaks.js';
import { describeServers, startServer, temporaryFolder } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

const authority = createAuthority('Test authority');
const otherAuthority = createAuthority('Other authority');
const answered = { code: 0, bytes: Buffer.of(7) };
const tlsPollInterval = 10;

async function files(credential: Credential, clientCa?: string): Promise<TlsFiles> {
  const folder = await temporaryFolder();
  const paths = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa: join(folder, 'ca.crt') };
  await writeFile(paths.cert, credential.cert);
  await writeFile(paths.key, credential.key);
  if (clientCa === undefined) return { cert: paths.cert, key: paths.key };
  await writeFile(paths.clientCa, clientCa);
  return paths;
}

function channel(client?: Credential) {
  const roots = Buffer.from(authority.cert);
  if (client === undefined) return credentials.createSsl(roots);
  return credentials.createSsl(roots, Buffer.from(client.key), Buffer.from(client.cert));
}

/** The fingerprint of the certificate that a new connection is shown. */
function shown(address: string): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host, port: Number(port), ca: authority.cert, servername: 'localhost', ALPNProtocols: ['h2'] },
      () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      },
    );
    socket.once('error', reject);
  });
}

const fingerprint = (credential: Credential) => new X509Certificate(credential.cert).fingerprint256;

describeServers((startServer) => {
  test('serves checks over TLS, and not without it', async () => {
    const tls = await files(authority.issue('server'));
    const { client } = await startServer(undefined, { tls });
    expect(await client(channel()).call(Buffer.of(7)).reply).toEqual(answered);
    const plain = client();
    expect(await plain.call(Buffer.of(7)).reply).toMatchObject({ code: 14 });
  });

  describe('mutual TLS', () => {
    test('a client with a certificate of the authority is served', async () => {
      const tls = await files(authority.issue('server'), authority.cert);
      const { client } = await startServer(undefined, { tls });
      expect(await client(channel(authority.issue('envoy'))).call(Buffer.of(7)).reply).toEqual(answered);
    });

    test.each([
      ['without a certificate', undefined],
      ['with a certificate of another authority', otherAuthority.issue('envoy')],
    ])('a client %s is not', async (_, credential) => {
      const tls = await files(authority.issue('server'), authority.cert);
      let calls = 0;
      const handler = () => {
        calls += 1;
        return { kind: 'response', bytes: Buffer.of(7) } as const;
      };
      const { client } = await startServer(handler, { tls });
      expect(await client(channel(credential)).call(Buffer.of(7)).reply).toMatchObject({ code: 14 });
      expect(calls).toBe(0);
    });

    test('a renewed client authority counts for new connections', async () => {
      const tls = await files(authority.issue('server'), authority.cert);
      const { client, events } = await startServer(undefined, { tls, tlsPollInterval });
      const envoy = otherAuthority.issue('envoy');
      expect(await client(channel(envoy)).call(Buffer.of(7)).reply).toMatchObject({ code: 14 });
      await writeFile(tls.clientCa ?? '', otherAuthority.cert);
      await until(() => events.includes('tls reloaded'));
      expect(await client(channel(envoy)).call(Buffer.of(7)).reply).toEqual(answered);
      expect(await client(channel(authority.issue('envoy'))).call(Buffer.of(7)).reply).toMatchObject({ code: 14 });
    });
  });

  test('a renewed certificate is served to new connections while old ones go on', async () => {
    const [first, second] = [authority.issue('first'), authority.issue('second')];
    const tls = await files(first);
    const { client, address, events } = await startServer(undefined, { tls, tlsPollInterval });
    const before = client(channel());
    expect(await before.call(Buffer.of(7)).reply).toEqual(answered);
    expect(await shown(address)).toBe(fingerprint(first));

    await writeFile(tls.cert, second.cert);
    await writeFile(tls.key, second.key);
    await until(async () => (await shown(address)) === fingerprint(second));
    expect(events.filter((event) => event === 'tls reloaded')).toHaveLength(1);
    expect(await before.call(Buffer.of(7)).reply).toEqual(answered);
  });

  test('a certificate renewed by swapping a link, as Kubernetes does, is served', async () => {
    const folder = await temporaryFolder();
    const generations = [authority.issue('first'), authority.issue('second')] as const;
    for (const [index, generation] of generations.entries()) {
      await mkdir(join(folder, `${index}`));
      await writeFile(join(folder, `${index}`, 'tls.crt'), generation.cert);
      await writeFile(join(folder, `${index}`, 'tls.key'), generation.key);
    }
    await symlink('0', join(folder, 'data'));
    const tls = { cert: join(folder, 'data', 'tls.crt'), key: join(folder, 'data', 'tls.key') };
    const { address } = await startServer(undefined, { tls, tlsPollInterval });
    await symlink('1', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'data'));
    await until(async () => (await shown(address)) === fingerprint(generations[1]));
  });

  test('a broken renewal is told once and the old certificate stays', async () => {
    const first = authority.issue('first');
    const tls = await files(first);
    const { address, events } = await startServer(undefined, { tls, tlsPollInterval });
    await writeFile(tls.cert, 'nonsense');
    await until(() => events.length > 0);
    expect(await shown(address)).toBe(fingerprint(first));
    await writeFile(tls.cert, authority.issue('without its key').cert);
    await until(() => events.length > 1);
    expect(await shown(address)).toBe(fingerprint(first));
    expect(events).toEqual([
      `tls refused: ${tls.cert} does not hold a certificate in PEM form`,
      `tls refused: ${tls.key} is not the private key of the certificate in ${tls.cert}`,
    ]);
  });

  describe('files that cannot be used stop the start with tls_invalid and the name of the file', () => {
    const server = authority.issue('server');
    test.each([
      ['a missing certificate', 'cert', undefined],
      ['a broken certificate', 'cert', 'nonsense'],
      ['a broken key', 'key', 'nonsense'],
      ['the key of another certificate', 'key', authority.issue('other').key],
      ['a client authority without certificates', 'clientCa', ''],
    ] as const)('%s', async (_, which, content) => {
      const tls = await files(server, authority.cert);
      const path = tls[which] ?? '';
      if (content === undefined) await rename(path, `${path}.away`);
      else await writeFile(path, content);
      await expect(startServer(undefined, { tls })).rejects.toMatchObject({
        code: 'tls_invalid',
        message: expect.stringContaining(path),
      });
    });
  });
});

test('http2: a client that does not name the protocol is closed', async () => {
  const tls = await files(authority.issue('server'));
  const { address } = await startServer(undefined, { tls, server: 'http2' });
  const [host = '', port = ''] = address.split(':');
  const socket = connect({ host, port: Number(port), ca: authority.cert, servername: 'localhost' });
  await once(socket, 'secureConnect');
  socket.resume();
  await once(socket, 'close');
});

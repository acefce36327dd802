import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { failOnLeaks } from './leaks.js';
import { describeServers, temporaryFolder } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

const answered = { code: 0, bytes: Buffer.of(7) };

describeServers((startServer) => {
  test.each([
    ['127.0.0.1:0', /^127\.0\.0\.1:[1-9]\d*$/],
    ['[::1]:0', /^\[::1\]:[1-9]\d*$/],
  ])('listens on %s and names the real port', async (address, pattern) => {
    const harness = await startServer(undefined, { address });
    expect(harness.address).toMatch(pattern);
    expect(await harness.client().call(Buffer.of(7)).reply).toEqual(answered);
  });

  test('a port that is taken is address_in_use and names the address', async () => {
    const { address } = await startServer();
    await expect(startServer(undefined, { address })).rejects.toMatchObject({
      code: 'address_in_use',
      message: expect.stringContaining(address),
    });
  });

  test('an address of another machine is listen_failed and names it', async () => {
    await expect(startServer(undefined, { address: '192.0.2.1:0' })).rejects.toMatchObject({
      code: 'listen_failed',
      message: expect.stringContaining('192.0.2.1'),
    });
  });

  test.each([
    [undefined, 0o660],
    [0o600, 0o600],
  ])('serves on a Unix socket with mode %s, and takes it away at the stop', async (socketMode, expected) => {
    const path = join(await temporaryFolder(), 'check.sock');
    const { client, server, address } = await startServer(undefined, {
      address: `unix://${path}`,
      ...(socketMode !== undefined && { socketMode }),
    });
    expect(address).toBe(`unix://${path}`);
    expect((await stat(path)).mode & 0o777).toBe(expected);
    const caller = client();
    expect(await caller.call(Buffer.of(7)).reply).toEqual(answered);
    await server.stop();
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('the umask of the process is what it was', async () => {
    const before = process.umask();
    await startServer(undefined, { address: `unix://${join(await temporaryFolder(), 'check.sock')}` });
    expect(process.umask()).toBe(before);
  });

  /** Leaves a socket behind, as a process that is killed does. */
  async function leaveSocket(path: string): Promise<void> {
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  test('a socket that a killed process left behind is replaced', async () => {
    const path = join(await temporaryFolder(), 'check.sock');
    await leaveSocket(path);
    expect((await lstat(path)).isSocket()).toBe(true);
    const { client } = await startServer(undefined, { address: `unix://${path}` });
    expect(await client().call(Buffer.of(7)).reply).toEqual(answered);
  });

  test('a socket that someone answers on is address_in_use and goes on serving', async () => {
    const path = join(await temporaryFolder(), 'check.sock');
    const other = createServer((socket) => socket.end());
    other.listen(path);
    await once(other, 'listening');
    await expect(startServer(undefined, { address: `unix://${path}` })).rejects.toMatchObject({
      code: 'address_in_use',
      message: expect.stringContaining(path),
    });
    expect((await lstat(path)).isSocket()).toBe(true);
    other.close();
    await once(other, 'close');
  });

  test('a regular file is never removed', async () => {
    const path = join(await temporaryFolder(), 'precious');
    await writeFile(path, 'data');
    await expect(startServer(undefined, { address: `unix://${path}` })).rejects.toMatchObject({
      code: 'address_in_use',
      message: expect.stringContaining(path),
    });
    expect(await readFile(path, 'utf8')).toBe('data');
  });

  test('a link is not followed, not even to a stale socket', async () => {
    const folder = await temporaryFolder();
    await leaveSocket(join(folder, 'target.sock'));
    await symlink(join(folder, 'target.sock'), join(folder, 'link.sock'));
    const address = `unix://${join(folder, 'link.sock')}`;
    await expect(startServer(undefined, { address })).rejects.toMatchObject({ code: 'address_in_use' });
    expect((await lstat(join(folder, 'target.sock'))).isSocket()).toBe(true);
  });

  test('a socket in a folder that does not exist is listen_failed and names it', async () => {
    const path = join(await temporaryFolder(), 'missing', 'check.sock');
    await expect(startServer(undefined, { address: `unix://${path}` })).rejects.toMatchObject({
      code: 'listen_failed',
      message: expect.stringContaining(path),
    });
  });

  test('connections beyond the limit are closed, those within it go on', async () => {
    const { client, server } = await startServer(undefined, { maxConnections: 1 });
    const first = client();
    expect(await first.call(Buffer.of(7)).reply).toEqual(answered);
    const second = client();
    expect(await second.call(Buffer.of(7)).reply).toMatchObject({ code: 14 });
    expect(server.connections()).toBe(1);
    expect(await first.call(Buffer.of(7)).reply).toEqual(answered);
    first.close();
    await until(() => server.connections() === 0);
  });
});

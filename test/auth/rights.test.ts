import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { repository } from '../support/portcullis-server.js';
import { temporaryFolder } from '../support/process.js';
import { startRedis } from '../support/redis-server.js';
import { startAuth } from './support/service.js';

test('D-27 the service needs no other rights in Redis than those that the page names', async () => {
  const page = await readFile(join(repository, 'docs', 'authentication-service.md'), 'utf8');
  const rights = /^auth on >password (.*)$/m.exec(page)?.[1]?.split(' ') ?? [];
  const folder = await temporaryFolder();
  const redis = await startRedis();
  const passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, 'password\n');
  // Redis 6.2 knows no rights for single sub-commands that it does not have yet.
  const known = rights.filter((right) => right !== '+client|setinfo');
  await redis.command('ACL', 'SETUSER', 'auth', 'on', '>password', ...known);
  const auth = await startAuth({
    redis,
    settings: {
      redis: { url: `redis://auth@${redis.address}/0`, password_file: passwordFile },
      session: { renewal: 'on_request', per_account: 1 },
    },
  });
  try {
    await eventually(async () => expect((await auth.send('/readyz')).status).toBe(200));
    const email = 'kelly@example.org';
    const first = await auth.newToken(email);
    expect((await auth.login(email)).status).toBe(200);
    expect((await auth.call('GET', '/accounts/me', first)).status).toBe(401);
    const token = await auth.newToken();
    expect((await auth.call('POST', '/accounts/token/renew', token)).status).toBe(200);
    expect((await auth.call('POST', '/accounts/logout', token)).status).toBe(204);

    await redis.command('ACL', 'SETUSER', 'auth', '-hgetall');
    expect((await auth.call('GET', '/accounts/me', first)).status).toBe(503);
  } finally {
    await auth.stop();
    await redis.stop();
    await folder.remove();
  }
});

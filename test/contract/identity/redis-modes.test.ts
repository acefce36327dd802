import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/ports.js';
import { startChild, temporaryFolder } from '../../support/process.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { hmacKeys, revokeSession, writeSession } from '../../support/sessions.js';
import { openSources } from './open-sources.js';

const files = { '/keys.yaml': stringify({ keys: [hmacKeys.current] }) };

/** A session is found, and its revocation heard, in the time of the cache. */
async function expectSessions(server: RedisServer, redis: object): Promise<void> {
  const settings = { kind: 'redis-session', keys: '/keys.yaml', cache: { ttl: '1s' } };
  const sources = await openSources([{ ...settings, redis: { timeout: '3s', ...redis } }], files);
  const session = await writeSession(server);
  await eventually(async () => expect(await sources.bearer(session.token)).toMatchObject({ kind: 'identified' }));
  await revokeSession(server, session);
  await eventually(async () => expect(await sources.bearer(session.token)).toMatchObject({ kind: 'invalid' }));
}

test('D-25 D-26 sessions in a cluster', async () => {
  const server = await startRedis('--cluster-enabled', 'yes');
  onTestFinished(() => server.stop());
  await server.command('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => String(slot)));
  await eventually(async () => expect(await server.command('CLUSTER', 'INFO')).toContain('cluster_state:ok'));
  await expectSessions(server, { mode: 'cluster', nodes: [server.address] });
});

test('D-25 D-26 sessions on the primary that Sentinel watches', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const port = await freePort();
  const file = join(folder.path, 'sentinel.conf');
  await writeFile(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor sessions 127.0.0.1 ${server.port} 1\n`);
  const sentinel = startChild({
    name: 'sentinel',
    program: await findTool('redis-server'),
    args: [file, '--sentinel'],
  });
  onTestFinished(async () => void (await sentinel.stop()));
  await expectSessions(server, { mode: 'sentinel', sentinel_name: 'sessions', nodes: [`127.0.0.1:${port}`] });
});

import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../../support/eventually.js';
import { startRedisCluster } from '../../support/redis-cluster.js';
import { startWatchedRedis } from '../../support/redis-sentinels.js';
import type { RedisServer } from '../../support/redis-server.js';
import { hmacKeys, newSession, revokeSession, type Session, writeSession } from '../../support/sessions.js';
import { type OpenedSources, openSources } from './open-sources.js';

// Real primaries, replicas and Sentinels: what checks get while one of them is killed, or slots move.

const files = { '/keys.yaml': stringify({ keys: [hmacKeys.current] }) };
const open = (redis: object, ttl = '0ms') =>
  openSources(
    [{ kind: 'redis-session', keys: '/keys.yaml', redis: { timeout: '500ms', ...redis }, cache: { ttl } }],
    files,
  );

/** Asks for a session all the time, and notes each kind of answer. */
function keepAsking(sources: OpenedSources, { token }: Session) {
  const kinds = new Map<string, number>();
  let going = true;
  const loop = (async () => {
    while (going) {
      const { kind } = await sources.bearer(token);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const stop = async () => {
    going = false;
    await loop;
    return kinds;
  };
  onTestFinished(async () => void (await stop()));
  return { kinds, stop };
}

const isIdentified = async (sources: OpenedSources, { token }: Session) =>
  expect(await sources.bearer(token)).toMatchObject({ kind: 'identified' });

test('D-25 D-28 Sentinel fails over: sessions are found again, and until then each check is an outage', async () => {
  const watched = await startWatchedRedis('sessions');
  onTestFinished(() => watched.stop());
  const { primary, replica } = watched;
  const sources = await open({ mode: 'sentinel', sentinel_name: 'sessions', nodes: watched.sentinels });
  const session = await writeSession(primary);
  await eventually(() => isIdentified(sources, session));
  expect(await primary.command('WAIT', '1', '1000')).toBe(1);

  const traffic = keepAsking(sources, session);
  await primary.kill();
  await eventually(() => expect([...traffic.kinds.keys()]).toContain('unavailable'));
  await eventually(async () => expect(await watched.primaryPort()).toBe(replica.port), { within: 20_000 });
  await eventually(() => isIdentified(sources, session), { within: 15_000 });

  // The former primary comes back empty and believes for a moment that it still is one.
  await primary.restart();
  await eventually(async () => expect((await primary.command('ROLE')) as unknown[]).toContain('slave'), {
    within: 20_000,
  });
  await isIdentified(sources, session);
  // Never "no such session", and never nobody.
  expect([...(await traffic.stop()).keys()].sort()).toEqual(['identified', 'unavailable']);

  const later = await writeSession(replica);
  await isIdentified(sources, later);
  await revokeSession(replica, later, false);
  expect(await sources.bearer(later.token)).toMatchObject({ kind: 'invalid' });
}, 60_000);

test('D-26 after a failover revocations are heard again', async () => {
  const watched = await startWatchedRedis('sessions');
  onTestFinished(() => watched.stop());
  const redis = { mode: 'sentinel', sentinel_name: 'sessions', nodes: watched.sentinels };
  const sources = await open(redis, '1s');
  await watched.primary.kill();
  await eventually(async () => expect(await watched.primaryPort()).toBe(watched.replica.port), { within: 20_000 });
  await eventually(
    async () => {
      const session = await writeSession(watched.replica);
      await isIdentified(sources, session);
      await revokeSession(watched.replica, session);
      await eventually(async () => expect(await sources.bearer(session.token)).toMatchObject({ kind: 'invalid' }), {
        within: 500,
        every: 5,
      });
    },
    { within: 15_000 },
  );
}, 60_000);

test('D-25 a slot of a cluster moves while sessions are asked for: ASK and MOVED are followed', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  const sources = await open({ mode: 'cluster', nodes: [cluster.nodes[0]?.address] });
  const session = newSession();
  const slot = await cluster.slotOf(session.key);
  const from = cluster.ownerOf(slot);
  const to = cluster.nodes.find((node) => node !== from) as RedisServer;
  await writeSession(from, session);
  await eventually(() => isIdentified(sources, session));
  const traffic = keepAsking(sources, session);

  await cluster.beginMove(slot, from, to);
  await isIdentified(sources, session);
  await cluster.moveKey(session.key, from, to);
  // ASK: it is in the other place, which the slot has not reached yet.
  await isIdentified(sources, session);
  // A token that nobody knows is no outage meanwhile, and no session.
  expect(await sources.bearer(newSession().token)).toMatchObject({ kind: 'invalid' });
  await cluster.endMove(slot, to);
  await isIdentified(sources, session);
  expect([...(await traffic.stop()).keys()]).toEqual(['identified']);
  await revokeSession(to, session, false);
  expect(await sources.bearer(session.token)).toMatchObject({ kind: 'invalid' });
}, 60_000);

test('D-28 a node of a cluster that is gone is an outage for its sessions', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  const sources = await open({ mode: 'cluster', nodes: cluster.nodes.map(({ address }) => address) });
  const session = newSession();
  const owner = cluster.ownerOf(await cluster.slotOf(session.key));
  await writeSession(owner, session);
  await eventually(() => isIdentified(sources, session));
  const traffic = keepAsking(sources, session);
  await eventually(() => expect(traffic.kinds.get('identified') ?? 0).toBeGreaterThan(0));
  await owner.kill();
  await eventually(() => expect(traffic.kinds.get('unavailable') ?? 0).toBeGreaterThan(20));
  expect([...(await traffic.stop()).keys()].sort()).toEqual(['identified', 'unavailable']);
}, 60_000);

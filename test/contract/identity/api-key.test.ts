import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/ports.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { hmacKeys } from '../../support/sessions.js';
import { openSources } from './open-sources.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

const files = { '/keys.yaml': stringify({ keys: [hmacKeys.current] }) };
const open = (address = redis.address) =>
  openSources([{ kind: 'api-key', keys: '/keys.yaml', redis: { nodes: [address], timeout: '3s' } }], files);
const key = 'key_0123456789abcdefghij';
const secret = Buffer.from(hmacKeys.current.secret_base64, 'base64');
const name = `apikey:k2:${createHmac('sha256', secret).update(key).digest('hex')}`;
const send = async (sources: Awaited<ReturnType<typeof open>>) => sources.send(['x-api-key', key]);

test('A-47 a key in Redis identifies its owner until it is deleted', async () => {
  const sources = await open();
  await redis.command('HSET', name, 'subject', 'billing', 'roles', '["reader"]');
  expect(await send(sources)).toEqual({
    kind: 'identified',
    identity: { source: 'api-key', subject: 'billing', roles: ['reader'] },
  });
  await redis.command('DEL', name);
  await redis.command('PUBLISH', 'portcullis:revoked', name);
  const unknown = { kind: 'invalid', error: { source: 'api-key', reason: 'unknown_token' } };
  await eventually(async () => expect(await send(sources)).toEqual(unknown), { within: 900, every: 5 });
});

test('what is not in the form is no key', async () => {
  await redis.command('HSET', name, 'subject', 'billing', 'roles', '["reader"]', 'expires_at', 'never');
  expect(await send(await open())).toMatchObject({ kind: 'invalid', error: { reason: 'session_invalid' } });
});

test('Redis away is an outage', async () => {
  expect(await send(await open(`127.0.0.1:${await freePort()}`))).toMatchObject({ kind: 'unavailable' });
});

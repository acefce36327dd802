import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Identified } from '../../../src/identity/identify.js';
import { createAuthority } from '../../support/certificates.js';
import { eventually } from '../../support/eventually.js';
import { type RedisServer, startTlsRedis } from '../../support/redis-server.js';
import { hmacKeys, newSession, revokeSession, writeSession } from '../../support/sessions.js';
import { openSources } from './open-sources.js';

// A real Redis that speaks TLS alone and asks for certificates.

const authority = createAuthority('Redis authority');
const clients = createAuthority('Authority of its clients');
const others = createAuthority('Other authority');
const own = clients.issue('portcullis');
const foreign = others.issue('portcullis');

let redis: RedisServer;
beforeAll(async () => {
  redis = await startTlsRedis({ server: authority.issue('redis'), clientCa: clients.cert });
});
afterAll(() => redis?.stop());

const files = {
  '/keys.yaml': stringify({ keys: [hmacKeys.current] }),
  '/ca.pem': authority.cert,
  '/other-ca.pem': others.cert,
  '/own.pem': own.cert,
  '/own-key.pem': own.key,
  '/foreign.pem': foreign.cert,
  '/foreign-key.pem': foreign.key,
  '/password': 's3cret\n',
};
const good = { ca: '/ca.pem', cert: '/own.pem', key: '/own-key.pem' };
const open = (parts: object) => {
  const settings = { nodes: [redis.address], timeout: '3s', ...parts };
  return openSources([{ kind: 'redis-session', keys: '/keys.yaml', redis: settings, cache: { ttl: '1s' } }], files);
};

test('D-25 D-26 sessions are found over TLS, and their revocation is heard', async () => {
  const sources = await open({ tls: good });
  const session = await writeSession(redis);
  expect(await sources.bearer(session.token)).toMatchObject({ kind: 'identified', identity: { subject: '42' } });
  await revokeSession(redis, session);
  await eventually(async () => expect(await sources.bearer(session.token)).toMatchObject({ kind: 'invalid' }), {
    within: 900,
    every: 5,
  });
});

test('D-25 as an ACL user over TLS', async () => {
  const rights = ['resetchannels', '&portcullis:revoked', '~session:*', '-@all'];
  const commands = ['+hgetall', '+subscribe', '+unsubscribe', '+ping', '+hello', '+auth', '+select'];
  await redis.command('ACL', 'SETUSER', 'portcullis', 'reset', 'on', '>s3cret', ...rights, ...commands);
  const sources = await open({ tls: good, username: 'portcullis', password_file: '/password' });
  const { token } = await writeSession(redis);
  expect(await sources.bearer(token)).toMatchObject({ kind: 'identified' });
});

test.each([
  ['whose authority is not ours', { ...good, ca: '/other-ca.pem' }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['whose authority nobody told us', { cert: '/own.pem', key: '/own-key.pem' }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['of another name', { ...good, server_name: 'redis.example.org' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['that wants a certificate, and we have none', { ca: '/ca.pem' }, '.+'],
  ['that wants one of another authority', { ...good, cert: '/foreign.pem', key: '/foreign-key.pem' }, '.+'],
  ['that speaks TLS, and we do not', undefined, '.+'],
])('D-28 a Redis %s is an outage, for every token and never an answer about the caller', async (_what, tls, code) => {
  const sources = await open({ ...(tls !== undefined && { tls }), connect_timeout: '500ms' });
  const { token } = await writeSession(redis);
  for (const shown of [token, newSession().token]) {
    const found = await sources.bearer(shown);
    expect(found).toMatchObject({ kind: 'unavailable', source: 'redis-session' });
    // For the operator, in the log alone.
    expect(causes(found)).toMatch(new RegExp(`not been reached yet ${code}`));
  }
  expect(await sources.send()).toEqual({ kind: 'anonymous' });
});

test('D-25 a Redis known under another name than its address', async () => {
  const sources = await open({ tls: { ...good, server_name: 'localhost' } });
  const { token } = await writeSession(redis);
  expect(await sources.bearer(token)).toMatchObject({ kind: 'identified' });
});

/** The codes of the errors that led to an outage. */
function causes(found: Identified): string {
  const codes: string[] = [];
  let error: unknown = found.kind === 'unavailable' ? found.error : undefined;
  for (; error instanceof Error; error = error.cause) codes.push('code' in error ? String(error.code) : error.message);
  return codes.join(' ');
}

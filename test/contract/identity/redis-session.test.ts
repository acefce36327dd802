import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../../support/eventually.js';
import { type Fault, startFaultyHop } from '../../support/faulty-hop.js';
import { freePort } from '../../support/ports.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { hmacKeys, newSession, revokeSession, writeSession } from '../../support/sessions.js';
import { apart, encodings } from '../../unit/identity/request.js';
import { failOnLeaks } from '../server/leaks.js';
import { openSources } from './open-sources.js';

// Sessions in a real Redis, written as docs/session-format.md has them.

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());
failOnLeaks();

const keyFile = (...keys: object[]) => ({ '/keys.yaml': stringify({ keys }) });
const bothKeys = keyFile(hmacKeys.current, hmacKeys.former);
// Machines under test are slow; only tests about lateness set a shorter one.
const timeout = '3s';
const source = (parts: { redis?: object; [name: string]: unknown } = {}) => ({
  kind: 'redis-session',
  keys: '/keys.yaml',
  cookie: 'session',
  ...parts,
  redis: { nodes: [redis.address], timeout, ...parts.redis },
});
const open = (parts = {}, files = bothKeys) => openSources([source(parts)], files);
const invalid = (reason: string) => ({ kind: 'invalid', error: { source: 'redis-session', reason } });
const outage = { kind: 'unavailable', source: 'redis-session', error: { code: 'identity_unavailable' } };

describe('a session', () => {
  test('D-20 D-22 D-25 is found by its bearer token, with the roles that the policy needs', async () => {
    const sources = await open();
    const { token, fields } = await writeSession(redis, newSession({ auth_level: 'mfa' }));
    expect(await sources.bearer(token)).toEqual({
      kind: 'identified',
      identity: {
        source: 'redis-session',
        subject: '42',
        email: 'alice@example.org',
        roles: ['manager'],
        session: fields['session'],
        auth_level: 'mfa',
        issued_at: Number(fields['created_at']),
        expires_at: Number(fields['expires_at']),
        expires_in: expect.closeTo(600, -2),
      },
    });
  });

  test('D-21 is found by the vector of docs/session-format.md, and its token stands nowhere in Redis', async () => {
    const secret_base64 = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
    const key = 'session:k1:780901c936de21398ac957512c302fa80cc0e98bcae7b532b6798a8b75a5b64f';
    const token = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
    const sources = await open({}, keyFile({ id: 'k1', secret_base64 }));
    await writeSession(redis, { ...newSession(), key });
    expect(await sources.bearer(token)).toMatchObject({ kind: 'identified' });
    // Neither the name in Redis nor the hash in it is a token.
    expect(await sources.bearer(key.slice('session:k1:'.length))).toEqual(invalid('unknown_token'));
  });

  test('D-27 comes by cookie where the configuration names one', async () => {
    const { token } = await writeSession(redis);
    const withCookie = await open();
    const without = await open({ cookie: undefined });
    const cookie = ['cookie', `theme=dark; session=${token}; x=y`] as const;
    expect(await withCookie.send(cookie)).toMatchObject({ kind: 'identified' });
    expect(await without.send(cookie)).toEqual({ kind: 'anonymous' });
    expect(await withCookie.send(['cookie', `xsession=${token}; Session=${token}`])).toEqual({ kind: 'anonymous' });
  });

  test('D-21 written with a former key is found while that key is listed, and not after', async () => {
    const former = await writeSession(redis, newSession({}, hmacKeys.former));
    expect(await (await open()).bearer(former.token)).toMatchObject({ kind: 'identified' });
    const rotated = await open({}, keyFile(hmacKeys.current));
    expect(await rotated.bearer(former.token)).toEqual(invalid('unknown_token'));
    const foreign = await writeSession(redis, newSession({}, hmacKeys.unknown));
    expect(await (await open()).bearer(foreign.token)).toEqual(invalid('unknown_token'));
  });

  test('D-23 D-24 ends at expires_at, whatever Redis still holds', async () => {
    const sources = await open();
    const session = newSession({ expires_at: '1000' });
    await redis.command('HSET', session.key, ...Object.entries(session.fields).flat());
    const request = apart(['authorization', `Bearer ${session.token}`]);
    expect(await sources.ask(request, 999)).toMatchObject({ kind: 'identified', identity: { expires_in: 1 } });
    expect(await sources.ask(request, 1000)).toEqual(invalid('expired_token'));
  });

  test.each([
    ['subject', ''],
    ['subject', 'a\r\nx-user: admin'],
    ['email', ' a@b '],
    ['roles', 'ADMIN_ROLE'],
    ['roles', '{"0":"ADMIN_ROLE"}'],
    ['roles', '["A,ADMIN_ROLE"]'],
    ['roles', '[1]'],
    ['expires_at', ''],
    ['expires_at', 'never'],
    ['expires_at', '9e99'],
    ['expires_at', '-1'],
    ['created_at', 'Infinity'],
    ['session', ''],
    ['auth_level', ''],
  ])('D-24 with the %s %j is none', async (name, value) => {
    const session = await writeSession(redis, newSession({ [name]: value }));
    expect(await (await open()).bearer(session.token)).toEqual(invalid('session_invalid'));
  });

  test.each(['subject', 'email', 'roles', 'created_at', 'expires_at', 'session'])(
    'without %s is none',
    async (name) => {
      const session = await writeSession(redis);
      await redis.command('HDEL', session.key, name);
      expect(await (await open()).bearer(session.token)).toEqual(invalid('session_invalid'));
    },
  );
});

describe('a credential that is none', () => {
  test.each([randomBytes(32).toString('hex'), '0'.repeat(64)])('%s is unknown', async (token) => {
    expect(await (await open()).bearer(token)).toEqual(invalid('unknown_token'));
  });

  test('of another form is left to a later source, and malformed when none takes it', async () => {
    const { token } = await writeSession(redis);
    const sources = await open();
    for (const other of ['abc', token.toUpperCase(), `${token}0`, token.slice(1), 'eyJhbGciOiJub25lIn0.e30.']) {
      expect(await sources.bearer(other)).toEqual(invalid('malformed_credential'));
    }
    expect(await sources.send(['authorization', 'Basic YTpi'])).toEqual(invalid('malformed_credential'));
    expect(await sources.send()).toEqual({ kind: 'anonymous' });
  });

  test.each(['', '*', `session:k2:${'0'.repeat(64)}`, '"x"', 'a b'])('in a cookie is malformed: %j', async (value) => {
    expect(await (await open()).send(['cookie', `session=${value}`])).toEqual(invalid('malformed_credential'));
  });

  test.each(encodings)('twice is refused, even if it is the same, in %s', async (_, request) => {
    const { token } = await writeSession(redis);
    const sources = await open();
    const bearer = ['authorization', `Bearer ${token}`] as const;
    const cookie = ['cookie', `session=${token}`] as const;
    for (const lines of [
      [bearer, bearer],
      [bearer, cookie],
      [cookie, cookie],
      [['cookie', `session=${token}; session=${token}`] as const],
    ]) {
      expect(await sources.ask(request(...lines))).toEqual(invalid('ambiguous_credential'));
    }
  });

  test.each(['a=b,session=TOKEN', 'session=TOKEN,session=TOKEN', 'session=TOKEN; a=b, session=x'])(
    'behind a comma, where Envoy joined two lines, is refused: %s',
    async (cookie) => {
      const { token } = await writeSession(redis);
      const found = await (await open()).send(['cookie', cookie.replaceAll('TOKEN', token)]);
      expect(found).toEqual(invalid('ambiguous_credential'));
    },
  );

  test('a cookie beside the credential of another scheme decides', async () => {
    const { token } = await writeSession(redis);
    const lines = [['authorization', 'Basic YTpi'] as const, ['cookie', `session=${token}`] as const];
    expect(await (await open()).send(...lines)).toMatchObject({ kind: 'identified' });
  });
});

describe('revocation', () => {
  const kept = { cache: { ttl: '1s' } };

  test('D-26 what was found is answered at once for a moment, and no longer when the message comes', async () => {
    const sources = await open(kept);
    const session = await writeSession(redis);
    const request = apart(['authorization', `Bearer ${session.token}`]);
    await sources.ask(request);
    expect(sources.ask(request)).toMatchObject({ kind: 'identified' });
    await revokeSession(redis, session);
    await eventually(async () => expect(await sources.ask(request)).toEqual(invalid('unknown_token')), {
      within: 900,
      every: 5,
    });
  });

  test('D-26 takes effect within a second when the message is lost', async () => {
    const sources = await open();
    const session = await writeSession(redis);
    await sources.bearer(session.token);
    const revoked = performance.now();
    await revokeSession(redis, session, false);
    await eventually(async () => expect(await sources.bearer(session.token)).toEqual(invalid('unknown_token')));
    expect(performance.now() - revoked).toBeLessThan(1000);
  });

  test('nothing is kept with a time of 0', async () => {
    const sources = await open({ cache: { ttl: '0ms' } });
    const session = await writeSession(redis);
    expect(await sources.bearer(session.token)).toMatchObject({ kind: 'identified' });
    await revokeSession(redis, session, false);
    expect(await sources.bearer(session.token)).toEqual(invalid('unknown_token'));
  });

  test('a change of roles is seen when its message comes', async () => {
    const sources = await open(kept);
    const session = await writeSession(redis);
    await sources.bearer(session.token);
    await redis.command('HSET', session.key, 'roles', '[]');
    await redis.command('PUBLISH', 'portcullis:revoked', session.key);
    await eventually(
      async () => expect(await sources.bearer(session.token)).toMatchObject({ identity: { roles: [] } }),
      { within: 900, every: 5 },
    );
  });
});

describe('Redis away', () => {
  test('D-28 is an outage and never an answer about the caller, and ends when it is back', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    const sources = await open({ cache: { ttl: '0ms' }, redis: { nodes: [own.address] } });
    const session = await writeSession(own);
    expect(await sources.bearer(session.token)).toMatchObject({ kind: 'identified' });
    await own.kill();
    expect(await sources.bearer(session.token)).toMatchObject(outage);
    expect(await sources.send()).toEqual({ kind: 'anonymous' });
    await own.restart();
    await writeSession(own, session);
    await eventually(async () => expect(await sources.bearer(session.token)).toMatchObject({ kind: 'identified' }));
  });

  test('D-28 at the start does not keep Portcullis from starting', async () => {
    const sources = await open({ redis: { nodes: [`127.0.0.1:${await freePort()}`] } });
    expect(await sources.bearer('0'.repeat(64))).toMatchObject(outage);
  });

  test('the message of an outage names no address and no token', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const token = randomBytes(32).toString('hex');
    const found = await (await open({ redis: { nodes: [address] } })).bearer(token);
    const text = found.kind === 'unavailable' ? found.error.message : '';
    expect(text).toBe('redis-session: Redis cannot be asked');
  });

  test.each<Fault>(['silent', 'half', 'garbage', 'cut'])('D-28 an answer that is %s is an outage', async (fault) => {
    const hop = await startFaultyHop(redis.port);
    onTestFinished(() => hop.stop());
    const sources = await open({
      cache: { ttl: '0ms' },
      redis: { nodes: [`127.0.0.1:${hop.port}`], timeout: '200ms' },
    });
    const session = await writeSession(redis);
    await eventually(async () => expect(await sources.bearer(session.token)).toMatchObject({ kind: 'identified' }));
    hop.fault = fault;
    for (let time = 0; time < 8; time++) expect(await sources.bearer(session.token)).toMatchObject(outage);
    hop.fault = 'none';
    hop.cutAll();
    await eventually(async () => expect(await sources.bearer(session.token)).toMatchObject({ kind: 'identified' }), {
      within: 15_000,
    });
  });

  test('a Redis that does not answer is asked only now and then', async () => {
    const hop = await startFaultyHop(redis.port);
    onTestFinished(() => hop.stop());
    const breaker = { failures: 2, pause: '1h' };
    const nodes = [`127.0.0.1:${hop.port}`];
    const sources = await open({ redis: { nodes, breaker, timeout: '100ms' } });
    hop.fault = 'silent';
    const request = apart(['authorization', `Bearer ${'0'.repeat(64)}`]);
    expect(await sources.ask(request)).toMatchObject(outage);
    expect(await sources.ask(request)).toMatchObject(outage);
    // Without a promise: nothing was asked.
    expect(sources.ask(request)).toMatchObject(outage);
  });

  test('the deadline of the check ends the look-up', async () => {
    const hop = await startFaultyHop(redis.port);
    onTestFinished(() => hop.stop());
    const sources = await open({ redis: { nodes: [`127.0.0.1:${hop.port}`], timeout: '1h' } });
    hop.fault = 'silent';
    const request = { ...apart(['authorization', `Bearer ${'0'.repeat(64)}`]), deadline: performance.now() + 50 };
    expect(await sources.ask(request)).toMatchObject(outage);
  });

  test('messages missed while the connection was gone do not leave what was kept', async () => {
    const hop = await startFaultyHop(redis.port);
    onTestFinished(() => hop.stop());
    const sources = await open({ cache: { ttl: '1s' }, redis: { nodes: [`127.0.0.1:${hop.port}`] } });
    const session = await writeSession(redis);
    const request = apart(['authorization', `Bearer ${session.token}`]);
    await sources.ask(request);
    expect(sources.ask(request)).toMatchObject({ kind: 'identified' });
    hop.cutAll();
    await eventually(() => expect(sources.ask(request)).toBeInstanceOf(Promise), { within: 800, every: 5 });
  });
});

describe('how Redis is reached', () => {
  test('by a Unix socket', async () => {
    const sources = await open({ redis: { nodes: [`unix://${redis.socket}`] } });
    const { token } = await writeSession(redis);
    expect(await sources.bearer(token)).toMatchObject({ kind: 'identified' });
  });

  test('as the ACL user of docs/session-format.md, who may do nothing else', async () => {
    const { token } = await writeSession(redis);
    const rights = ['resetchannels', '&portcullis:revoked', '~session:*', '-@all'];
    const commands = ['+hgetall', '+subscribe', '+unsubscribe', '+ping', '+hello', '+auth', '+select'];
    await redis.command('ACL', 'SETUSER', 'portcullis', 'reset', 'on', '>s3cret', ...rights, ...commands);
    const as = (password_file: string) => ({ redis: { username: 'portcullis', password_file } });
    const files = { ...bothKeys, '/password': 's3cret\n', '/wrong': 'wrong' };
    const sources = await open(as('/password'), files);
    expect(await sources.bearer(token)).toMatchObject({ kind: 'identified' });
    const session = await writeSession(redis);
    await sources.bearer(session.token);
    await revokeSession(redis, session);
    await eventually(async () => expect(await sources.bearer(session.token)).toEqual(invalid('unknown_token')));
    // A password that is wrong is an outage, not an answer.
    expect(await (await open(as('/wrong'), files)).bearer(token)).toMatchObject(outage);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { toAnswer } from '../../../src/check/answer/answer.js';
import { readDecision } from '../../../src/check/decision/decision.js';
import { headerView } from '../../../src/check/input/headers.js';
import { SettledVerdicts } from '../../../src/check/settled-verdicts.js';
import { configSchema } from '../../../src/config/schema.js';
import type { AllowAnswer } from '../../../src/envoy/answer.js';
import type { Caller } from '../../../src/identity/identity.js';
import { loadSigningKeys, publicKeySet } from '../../../src/identity/outgoing/load-signing-keys.js';
import { createOutgoingIdentity } from '../../../src/identity/outgoing/outgoing-identity.js';
import type { IdentitySource } from '../../../src/identity/source.js';
import type { JsonValue } from '../../../src/json/json.js';
import { answerContext, pluginDecision, strictDecision } from './options.js';

const headers = { subject: 'x-subject', email: 'x-email', roles: 'x-user-roles', session: 'x-session' };
const session: IdentitySource = {
  kind: 'redis-session',
  credentials: { headers: ['authorization', 'x-api-key'], cookies: ['session'] },
  identify: () => ({ kind: 'anonymous' }),
};
const alice: Caller = {
  kind: 'identified',
  identity: { source: 'redis-session', subject: '42', email: 'a@example.org', roles: ['A', 'B'], session: 's1' },
};
const forwardOf = (forward: object) => configSchema.parse({ identity: { forward } }).identity.forward;

function allow(
  forward: object,
  {
    caller = alice,
    request = {},
    decision = true,
    plugin = false,
  }: {
    caller?: Caller;
    request?: Record<string, string>;
    decision?: JsonValue;
    plugin?: boolean;
  } = {},
): AllowAnswer {
  const outgoing = createOutgoingIdentity(forwardOf(forward), [session], []);
  const base = plugin ? pluginDecision : strictDecision;
  const options = { ...base, protected_headers: [...base.protected_headers, ...(outgoing?.names ?? [])] };
  const read = readDecision(decision, options);
  if (!read.ok) throw new Error(read.error.message);
  const answer = toAnswer(
    read.value,
    answerContext({ caller, outgoing, options, headers: headerView({ headers: request }) }),
  );
  if (answer.kind !== 'allow') throw new Error('denied');
  return answer;
}

const set = (answer: AllowAnswer) => Object.fromEntries(answer.headers.map(({ name, value }) => [name, value]));

describe('D-27 the backend is told who is calling', () => {
  test('in headers that overwrite what the client sent', () => {
    const answer = allow({ headers });
    expect(set(answer)).toEqual({
      'x-subject': '42',
      'x-email': 'a@example.org',
      'x-user-roles': 'A,B',
      'x-session': 's1',
    });
    expect(answer.headers.every(({ mode }) => mode === 'overwrite')).toBe(true);
    for (const { name } of answer.headers) expect(answer.headersToRemove).not.toContain(name);
  });

  test('and what is not known of the caller is removed from what the client sent, in each spelling', () => {
    const caller: Caller = { kind: 'identified', identity: { source: 's', subject: '42', roles: [] } };
    const answer = allow({ headers }, { caller, request: { x_session: 'forged', 'x.email': 'forged' } });
    expect(set(answer)).toEqual({ 'x-subject': '42' });
    expect(answer.headersToRemove).toEqual(
      expect.arrayContaining(['x-email', 'x_email', 'x.email', 'x-user-roles', 'x-session', 'x_session']),
    );
  });

  test.each<Caller>([{ kind: 'anonymous' }, { kind: 'invalid', error: { source: 's', reason: 'expired_token' } }])(
    'and nothing of one whom we do not know: $kind',
    (caller) => {
      const answer = allow({ headers }, { caller });
      expect(answer.headers).toEqual([]);
      expect(answer.headersToRemove).toEqual(expect.arrayContaining(Object.values(headers)));
    },
  );

  test('and the policy has the last word on a header that it names', () => {
    const decision = { allowed: true, headers: { 'x-subject': 'mallory' }, request_headers_to_remove: ['x-email'] };
    const answer = allow({ headers }, { decision });
    expect(answer.headers.filter(({ name }) => name === 'x-subject')).toHaveLength(1);
    expect(set(answer)).toMatchObject({ 'x-subject': 'mallory', 'x-user-roles': 'A,B' });
    expect(set(answer)).not.toHaveProperty('x-email');
    expect(answer.headersToRemove).toContain('x-email');
  });

  test('also with the plain boolean of opa-envoy-plugin', () => {
    expect(allow({ headers: { subject: 'x-subject' } }, { plugin: true }).bare).toBeUndefined();
    const stranger = allow({ headers: { subject: 'x-subject' } }, { plugin: true, caller: { kind: 'anonymous' } });
    expect(stranger).toMatchObject({ headersToRemove: ['x-subject', 'x_subject'] });
  });

  test('or the check ends, where a value cannot stand in a header', () => {
    const caller: Caller = { kind: 'identified', identity: { source: 's', subject: 'a\r\nx-user: root', roles: [] } };
    expect(() => allow({ headers }, { caller })).toThrow('does not fit');
    const many: Caller = {
      kind: 'identified',
      identity: { source: 's', subject: 'a', roles: Array(5000).fill('ROLE') },
    };
    expect(() => allow({ headers }, { caller: many })).toThrow('does not fit');
  });
});

describe("D-27 the client's own credentials", () => {
  test('stay in the request unless the configuration says otherwise', () => {
    const answer = allow({}, { request: { authorization: 'Bearer x', cookie: 'session=x' } });
    expect(answer.headers).toEqual([]);
    expect(answer.headersToRemove).not.toContain('authorization');
  });

  test('are kept from the backend, in each spelling, for whoever is calling', () => {
    for (const caller of [alice, { kind: 'anonymous' } as const]) {
      const { headersToRemove } = allow({ remove_credentials: true }, { caller });
      expect(headersToRemove).toEqual(expect.arrayContaining(['authorization', 'x-api-key', 'x_api_key']));
    }
  });

  test.each([
    ['theme=dark; session=secret; lang=en', 'theme=dark; lang=en'],
    ['session=secret; session=other; a=b', 'a=b'],
    [' session = secret ;a=b', 'a=b'],
    ['a=b; c=d,session=secret', 'a=b'],
    ['a=b,c; d=e, session = secret', 'a=b,c'],
    ['xsession=1; sessionx=2', 'xsession=1; sessionx=2'],
  ])('of the cookies %j only %j reach it', (cookie, rest) => {
    expect(set(allow({ remove_credentials: true }, { request: { cookie } }))).toEqual({ cookie: rest });
  });

  test('a cookie that stands alone is removed with its header', () => {
    const answer = allow({ remove_credentials: true }, { request: { cookie: 'session=secret' } });
    expect(answer.headers).toEqual([]);
    expect(answer.headersToRemove).toContain('cookie');
  });
});

describe('D-27 a policy that appends to what holds a credential', () => {
  const forward = { remove_credentials: true };
  const appending = (name: string, value: string) => ({ allowed: true, headers: { [name]: { value, append: true } } });

  test.each([
    ['session=secret', 'shop=1'],
    ['theme=dark; session=secret; session=again', 'theme=dark; shop=1'],
    ['session=secret;; theme=dark', 'theme=dark; shop=1'],
  ])('appends to the cookies %j without the session', (cookie, rest) => {
    const answer = allow(forward, { request: { cookie }, decision: appending('cookie', 'shop=1') });
    expect(set(answer)).toEqual({ cookie: rest });
  });

  test.each(['authorization', 'Authorization', 'x-api-key', 'x_api_key', 'x.api.key'])(
    'sets %s alone: what the client sent does not stand before it',
    (name) => {
      const request = { [name.toLowerCase()]: 'secret' };
      const answer = allow(forward, { request, decision: appending(name, 'ours') });
      expect(set(answer)).toEqual({ [name.toLowerCase()]: 'ours' });
    },
  );

  test('sets an odd spelling of a protected header alone', () => {
    const answer = allow({ headers }, { request: { x_subject: 'forged' }, decision: appending('x_subject', 'a') });
    expect(set(answer)['x_subject']).toBe('a');
  });

  test('appends to them where they are not kept from the backend', () => {
    const request = { cookie: 'session=secret' };
    const answer = allow({ headers }, { request, decision: appending('cookie', 'shop=1') });
    expect(set(answer)['cookie']).toBe('session=secret; shop=1');
  });
});

describe('D-27 the token for the backend', () => {
  const pem = (type: 'ec' | 'ed25519') => {
    const { privateKey } =
      type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    return privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  };
  const files: Record<string, string> = { '/ec.pem': pem('ec'), '/ed.pem': pem('ed25519'), '/bad.pem': 'x' };
  files['/rsa.pem'] = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;
  const tokenOf = (...names: string[]) => ({ token: { audience: ['cars'], keys: names.map((file) => ({ file })) } });
  const load = (forward: object) => loadSigningKeys({ forward: forwardOf(forward) }, async (path) => files[path] ?? '');

  test.each(['/ec.pem', '/ed.pem'])(
    'is one that the key set verifies, for its audience and a minute (%s)',
    async (file) => {
      const forward = tokenOf(file, '/ed.pem');
      const keys = await load(forward);
      if (!keys.ok) throw new Error('no keys');
      const now = Math.floor(Date.now() / 1000);
      const outgoing = createOutgoingIdentity(forwardOf(forward), [], keys.value);
      const [{ name, value } = { name: '', value: '' }] = outgoing?.headers(alice, now) ?? [];
      expect(name).toBe('x-identity-token');
      const published = publicKeySet(keys.value.map(({ publicJwk }) => publicJwk)) ?? { keys: [] };
      const keySet = createLocalJWKSet(published);
      const verified = await jwtVerify(value, keySet, { issuer: 'portcullis', audience: 'cars' });
      expect(verified.payload).toEqual({
        iss: 'portcullis',
        aud: 'cars',
        sub: '42',
        iat: now,
        exp: now + 60,
        jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
        source: 'redis-session',
        email: 'a@example.org',
        roles: ['A', 'B'],
        session: 's1',
      });
      await expect(jwtVerify(value, keySet, { audience: 'shop' })).rejects.toThrow();
      expect(JSON.stringify(published)).not.toMatch(/"d":/);
    },
  );

  test('never outlives the credential, and a stranger has none', async () => {
    const keys = await load(tokenOf('/ec.pem'));
    const outgoing = createOutgoingIdentity(forwardOf(tokenOf('/ec.pem')), [], keys.ok ? keys.value : []);
    const ending: Caller = { kind: 'identified', identity: { ...alice.identity, expires_at: 1010 } };
    const [token] = outgoing?.headers(ending, 1000) ?? [];
    const claims = JSON.parse(Buffer.from(token?.value.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ iat: 1000, exp: 1010 });
    expect(outgoing?.headers({ kind: 'anonymous' }, 1000)).toEqual([]);
    expect(outgoing?.names).toEqual(['x-identity-token']);
  });

  test.each(['/bad.pem', '/rsa.pem', '/none.pem'])('needs a key of its kind: %s', async (file) => {
    expect(await load(tokenOf(file))).toMatchObject({ ok: false, error: [{ source: file }] });
  });
});

test('A-47 D-27 what the backend is told of one caller is never told of another, however often the engine gives the same', () => {
  const outgoing = createOutgoingIdentity(forwardOf({ headers }), [session], []);
  const verdicts = new SettledVerdicts();
  const evaluation = { kind: 'result', result: true, cached: true } as const;
  const bob: Caller = { kind: 'identified', identity: { ...alice.identity, subject: '43', roles: [] } };
  const told = (caller: Caller) => {
    const { answer, template } = verdicts.judge(evaluation, answerContext({ caller, outgoing }));
    expect(template).toBeUndefined();
    return answer.kind === 'allow' ? set(answer)['x-subject'] : 'denied';
  };
  expect([alice, alice, alice, bob, bob, alice].map(told)).toEqual(['42', '42', '42', '43', '43', '42']);
});

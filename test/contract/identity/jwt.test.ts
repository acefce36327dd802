import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK } from 'jose';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { aliceClaims, type Issuer, issuerKey, startIssuer } from '../../support/issuer.js';
import { freePort } from '../../support/ports.js';
import { apart } from '../../unit/identity/request.js';
import { openSources } from './open-sources.js';

// JSON Web Tokens against a real server of keys, and what attackers make of them.

let issuer: Issuer;
beforeEach(async ({ onTestFinished: afterwards }) => {
  issuer = await startIssuer();
  afterwards(() => issuer.stop());
});

const source = (parts: object = {}) => ({
  kind: 'jwt',
  issuer: issuer.url,
  jwks_url: issuer.jwksUrl,
  audience: ['cars'],
  ...parts,
});
const open = (parts: object = {}) => openSources([source(parts)]);
const invalid = (reason: string) => ({ kind: 'invalid', error: { source: 'jwt', reason } });
const outage = { kind: 'unavailable', source: 'jwt', error: { code: 'identity_unavailable' } };
const identified = { kind: 'identified' };
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

describe('a token', () => {
  test('A-47 of the issuer identifies its subject, with roles, groups and claims', async () => {
    const extra = { email: 'a@example.org', email_verified: true, groups: ['staff'], sid: 's1', acr: 'mfa' };
    const claims: Record<string, unknown> = { ...aliceClaims(issuer.url), ...extra };
    expect(await (await open()).bearer(await issuer.sign(claims))).toEqual({
      kind: 'identified',
      identity: {
        source: 'jwt',
        subject: 'alice',
        email: 'a@example.org',
        roles: ['manager'],
        groups: ['staff'],
        claims,
        session: 's1',
        auth_level: 'mfa',
        issued_at: claims['iat'],
        expires_at: claims['exp'],
        expires_in: expect.closeTo(600, -2),
      },
    });
  });

  test('keys are found by discovery, where the issuer says', async () => {
    expect(await (await open({ jwks_url: undefined })).bearer(await issuer.sign())).toMatchObject(identified);
  });

  test.each(['RS256', 'PS256', 'EdDSA', 'ES384'])('of the algorithm %s passes where it is listed', async (alg) => {
    const key = await issuerKey('k', alg);
    issuer.jwks = { keys: [key.publicJwk] };
    const token = await issuer.sign({}, {}, key);
    expect(await (await open({ algorithms: [alg] })).bearer(token)).toMatchObject(identified);
    expect(await (await open({ algorithms: ['ES256'] })).bearer(token)).toEqual(invalid('algorithm_refused'));
  });

  test.each([
    ['roles of another place', { realm: { roles: ['a'] } }, { roles: ['realm', 'roles'] }, { roles: ['a'] }],
    ['scope as roles', { scope: 'read write' }, { roles: ['scope'] }, { roles: ['read', 'write'] }],
    ['no roles', { roles: undefined }, {}, { roles: [] }],
  ])('%s', async (_, claims, paths, identity) => {
    expect(await (await open({ claims: paths })).bearer(await issuer.sign(claims))).toMatchObject({ identity });
  });

  test('an e-mail address that nobody has verified is not taken', async () => {
    const token = await issuer.sign({ email: 'admin@example.org', email_verified: false });
    const found = await (await open()).bearer(token);
    expect(found).toMatchObject(identified);
    expect(found.kind === 'identified' && found.identity.email).toBeUndefined();
  });
});

describe('is refused:', () => {
  test.each([
    ['for another audience', { aud: 'shop' }, 'claim_invalid'],
    ['for no audience', { aud: undefined }, 'claim_invalid'],
    ['for an audience that only begins alike', { aud: 'cars-admin' }, 'claim_invalid'],
    ['that has ended', { exp: seconds() - 60 }, 'expired_token'],
    ['that never ends', { exp: undefined }, 'claim_invalid'],
    ['that ends at no time', { exp: 'tomorrow' }, 'claim_invalid'],
    ['that has not begun', { nbf: seconds() + 60 }, 'claim_invalid'],
    ['without a subject', { sub: undefined }, 'claim_invalid'],
    ['with a subject that would split a header', { sub: 'alice\r\nx-user: admin' }, 'claim_invalid'],
    ['with roles that are an object', { roles: { 0: 'ADMIN_ROLE' } }, 'claim_invalid'],
    ['with a role that would be two', { roles: ['A,ADMIN_ROLE'] }, 'claim_invalid'],
    ['of another issuer', { iss: 'https://evil.example' }, 'claim_invalid'],
    ['of an issuer in a list', { iss: ['x'] }, 'claim_invalid'],
  ])('one %s', async (_, claims, reason) => {
    expect(await (await open()).bearer(await issuer.sign(claims))).toEqual(invalid(reason));
  });

  test('one that is older than it may be', async () => {
    const sources = await open({ max_age: '1m' });
    expect(await sources.bearer(await issuer.sign({ iat: seconds() - 30 }))).toMatchObject(identified);
    expect(await sources.bearer(await issuer.sign({ iat: seconds() - 90 }))).toEqual(invalid('expired_token'));
    expect(await sources.bearer(await issuer.sign({ iat: undefined }))).toEqual(invalid('claim_invalid'));
  });

  test('one of another type, where a type is asked for', async () => {
    const sources = await open({ type: 'at+jwt' });
    expect(await sources.bearer(await issuer.sign({}, { typ: 'at+jwt' }))).toMatchObject(identified);
    expect(await sources.bearer(await issuer.sign({}, { typ: 'JWT' }))).toEqual(invalid('claim_invalid'));
    expect(await sources.bearer(await issuer.sign())).toEqual(invalid('claim_invalid'));
  });

  test('within the leeway the clocks may differ, beyond it not', async () => {
    const sources = await open({ leeway: '10s' });
    const end = seconds() + 100;
    const request = apart(['authorization', `Bearer ${await issuer.sign({ exp: end })}`]);
    expect(await sources.ask(request, end + 5)).toMatchObject(identified);
    expect(await sources.ask(request, end + 20)).toEqual(invalid('expired_token'));
  });

  test.each(['none', 'None', 'NONE', 'nOnE'])('alg %s, with and without a signature', async (alg) => {
    const unsigned = `${base64url({ alg, kid: 'key-1' })}.${base64url(aliceClaims(issuer.url))}.`;
    const sources = await open();
    expect(await sources.bearer(unsigned)).toEqual(invalid('algorithm_refused'));
    expect(await sources.bearer(`${unsigned}AAAA`)).toEqual(invalid('algorithm_refused'));
  });

  test('HS256 with the public key as the secret (CVE-2015-9235)', async () => {
    const publicKey = await importJWK(issuer.key.publicJwk, 'ES256', { extractable: true });
    const secrets = [await exportSPKI(publicKey as never), JSON.stringify(issuer.key.publicJwk)];
    for (const secret of secrets) {
      const signed = `${base64url({ alg: 'HS256', kid: 'key-1' })}.${base64url(aliceClaims(issuer.url))}`;
      const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      expect(await (await open()).bearer(token)).toEqual(invalid('algorithm_refused'));
    }
  });

  test('a secret key that the set holds by mistake is never used', async () => {
    const secret = Buffer.alloc(32, 7);
    issuer.jwks = {
      keys: [{ kty: 'oct', kid: 'sym', alg: 'HS256', k: secret.toString('base64url') }, issuer.key.publicJwk],
    };
    const signed = `${base64url({ alg: 'HS256', kid: 'sym' })}.${base64url(aliceClaims(issuer.url))}`;
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    expect(await (await open()).bearer(token)).toEqual(invalid('algorithm_refused'));
  });

  test('a key that the token brings along: jwk, jku, x5u, x5c', async () => {
    const evil = await startIssuer();
    onTestFinished(() => evil.stop());
    const attacker = { ...evil.key, kid: 'key-1' };
    evil.jwks = { keys: [{ ...attacker.publicJwk, kid: 'key-1' }] };
    const sources = await open();
    for (const header of [
      { jwk: attacker.publicJwk },
      { jku: evil.jwksUrl },
      { x5u: evil.jwksUrl },
      { x5c: ['MIIB'] },
      { kid: evil.jwksUrl, jku: evil.jwksUrl },
    ]) {
      const token = await issuer.sign({}, header, attacker);
      expect(await sources.bearer(token)).toMatchObject({ kind: 'invalid' });
    }
    expect(evil.fetches).toBe(0);
  });

  test.each(['../../etc/passwd', "' OR 1=1 --", '__proto__', '', 'key-1\u0000'])('the kid %j', async (kid) => {
    const attacker = await issuerKey('key-1');
    expect(await (await open()).bearer(await issuer.sign({}, { kid }, attacker))).toMatchObject({ kind: 'invalid' });
  });

  test('the kid of one key with the signature of another', async () => {
    const second = await issuerKey('key-2');
    issuer.jwks = { keys: [issuer.key.publicJwk, second.publicJwk] };
    const sources = await open();
    expect(await sources.bearer(await issuer.sign({}, { kid: 'key-1' }, second))).toEqual(invalid('signature_invalid'));
    // Without kid, and with two keys that fit, the token does not say which.
    expect(await sources.bearer(await issuer.sign({}, { kid: undefined }, second))).toEqual(invalid('key_unknown'));
  });

  test('an extension that must be understood (crit)', async () => {
    const protectedHeader = base64url({ alg: 'ES256', kid: 'key-1', crit: ['b64'], b64: false });
    const [, payload, signature] = (await issuer.sign()).split('.');
    expect(await (await open()).bearer(`${protectedHeader}.${payload}.${signature}`)).toMatchObject({
      kind: 'invalid',
    });
    const unknown = base64url({ alg: 'ES256', kid: 'key-1', crit: ['x'], x: 1 });
    expect(await (await open()).bearer(`${unknown}.${payload}.${signature}`)).toEqual(invalid('algorithm_refused'));
  });

  test('another payload, another signature, none, or more parts', async () => {
    const [header, payload, signature = ''] = (await issuer.sign()).split('.');
    const admin = base64url({ ...aliceClaims(issuer.url), roles: ['ADMIN_ROLE'] });
    const sources = await open();
    expect(await sources.bearer(`${header}.${admin}.${signature}`)).toEqual(invalid('signature_invalid'));
    expect(await sources.bearer(`${header}.${payload}.${'A'.repeat(86)}`)).toEqual(invalid('signature_invalid'));
    expect(await sources.bearer(`${header}.${payload}.`)).toEqual(invalid('signature_invalid'));
    // The signature of zeros that some verifiers took for every message (CVE-2022-21449).
    expect(await sources.bearer(`${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`)).toEqual(
      invalid('signature_invalid'),
    );
    for (const other of [
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.x`,
      'a.b.c',
      '..',
      `.${payload}.`,
    ]) {
      expect(await sources.bearer(other)).toMatchObject({ kind: 'invalid' });
    }
    expect(await sources.bearer(`${header}.${'A'.repeat(20_000)}.${signature}`)).toEqual(
      invalid('malformed_credential'),
    );
  });
});

describe('keys', () => {
  test('that the issuer has added are fetched when a token names one', async () => {
    const sources = await open({ keys: { cooldown: '1ms' } });
    const next = await issuerKey('key-2');
    issuer.jwks = { keys: [issuer.key.publicJwk, next.publicJwk] };
    expect(await sources.bearer(await issuer.sign({}, {}, next))).toMatchObject(identified);
    expect(await sources.bearer(await issuer.sign())).toMatchObject(identified);
    expect(issuer.fetches).toBe(2);
  });

  test('that nobody knows do not make us fetch again and again', async () => {
    const sources = await open();
    const attacker = await issuerKey('x');
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => issuer.sign({}, { kid: `x${index}` }, attacker)),
    );
    const found = await Promise.all(tokens.map((token) => sources.bearer(token)));
    expect(found).toEqual(tokens.map(() => invalid('key_unknown')));
    expect(issuer.fetches).toBe(1);
  });

  test('that were never there are an outage, also by discovery', async () => {
    const token = await issuer.sign();
    issuer.trouble = 500;
    expect(await (await open()).bearer(token)).toMatchObject(outage);
    expect(await (await open({ jwks_url: undefined })).bearer(token)).toMatchObject(outage);
    const nowhere = `http://127.0.0.1:${await freePort()}/jwks`;
    expect(await (await open({ jwks_url: nowhere })).bearer(token)).toMatchObject(outage);
  });

  test.each([['{}'], ['{"keys":{}}'], ['{"keys":[]}'], ['no json'], ['{"keys":[null]}'], ['null']])(
    'of a set that is none are an outage: %s',
    async (text) => {
      issuer.jwks = text;
      expect(await (await open()).bearer(await issuer.sign())).toMatchObject(outage);
    },
  );

  test('of an OpenID configuration of another issuer, or at no safe address, are an outage', async () => {
    for (const openid of [
      { issuer: 'https://evil.example', jwks_uri: issuer.jwksUrl },
      { issuer: issuer.url, jwks_uri: 'http://keys.example/jwks' },
      { issuer: issuer.url },
      null,
    ]) {
      issuer.openid = openid;
      expect(await (await open({ jwks_url: undefined })).bearer(await issuer.sign())).toMatchObject(outage);
    }
  });

  test('that are old go on being used while the issuer is away, but not for ever', async () => {
    const lasting = await open({ keys: { refresh: '1ms', cooldown: '1ms' } });
    const ending = await open({ keys: { max_stale: '1ms', cooldown: '1ms' } });
    const token = await issuer.sign();
    expect(await lasting.bearer(token)).toMatchObject(identified);
    issuer.trouble = 503;
    expect(await lasting.bearer(token)).toMatchObject(identified);
    expect(await ending.bearer(token)).toMatchObject(outage);
  });

  test('that do not come in time are an outage', async () => {
    issuer.trouble = 'silent';
    const sources = await open({ keys: { timeout: '100ms', cooldown: '1ms' } });
    expect(await sources.bearer(await issuer.sign())).toMatchObject(outage);
    const slow = await open({ keys: { timeout: '300ms', cooldown: '1ms' } });
    const request = { ...apart(['authorization', `Bearer ${await issuer.sign()}`]), deadline: performance.now() + 20 };
    expect(await slow.ask(request)).toMatchObject(outage);
  });

  test('of a second issuer belong to a second source', async () => {
    const other = await startIssuer();
    onTestFinished(() => other.stop());
    const second = { ...source(), issuer: other.url, jwks_url: other.jwksUrl };
    const sources = await openSources([source(), second]);
    expect(await sources.bearer(await issuer.sign())).toMatchObject(identified);
    expect(await sources.bearer(await other.sign())).toMatchObject(identified);
    // The first issuer's key does not vouch for the second one's tokens.
    expect(await sources.bearer(await issuer.sign({ iss: other.url }))).toMatchObject({ kind: 'invalid' });
  });
});

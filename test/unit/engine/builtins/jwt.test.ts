import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bytesToText } from '../../../../src/engine/wasm/builtins/rego/bytes.js';
import { call } from './context.js';

const secret = 'shared';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const unverified = [false, {}, {}];

function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function hs256(header: object, claims: unknown, key: string | Uint8Array = secret): string {
  const signed = `${part({ alg: 'HS256', ...header })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

function decodeVerify(token: string, constraints: object): unknown {
  return call('io.jwt.decode_verify', token, constraints);
}

describe('what OPA itself does not survive', () => {
  test('a content type that is no text is undefined', () => {
    expect(call('io.jwt.decode', hs256({ cty: 1 }, {}))).toBeUndefined();
    expect(decodeVerify(hs256({ cty: 1 }, {}), { secret })).toBeUndefined();
  });

  test('an issuer that is no text is undefined', () => {
    expect(decodeVerify(hs256({}, { iss: ['me'] }), { secret, iss: 'me' })).toBeUndefined();
  });
});

describe('attacks', () => {
  test('the text of a public key is no HMAC secret', () => {
    const forged = hs256({}, { sub: 'admin' }, pem);
    expect(decodeVerify(forged, { cert: pem })).toEqual(unverified);
    expect(call('io.jwt.verify_es256', forged, pem)).toBe(false);
  });

  test.each(['none', 'None', 'NONE', 'nOnE'])('a token with the algorithm %s is not verified', (alg) => {
    const token = `${part({ alg })}.${part({ sub: 'admin' })}.`;
    expect(decodeVerify(token, { cert: pem })).toEqual(unverified);
    expect(decodeVerify(token, { secret })).toEqual(unverified);
  });

  test('the all-zero signature of an elliptic curve is not verified', () => {
    const token = `${part({ alg: 'ES256' })}.${part({})}.${Buffer.alloc(64).toString('base64url')}`;
    expect(call('io.jwt.verify_es256', token, pem)).toBe(false);
  });

  test('a signature with zeros put before its halves is not verified: RFC 7518 fixes the length', () => {
    const signed = `${part({ alg: 'ES256' })}.${part({})}`;
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const zero = Buffer.alloc(1);
    const longer = Buffer.concat([zero, signature.subarray(0, 32), zero, signature.subarray(32)]);
    expect(call('io.jwt.verify_es256', `${signed}.${signature.toString('base64url')}`, pem)).toBe(true);
    expect(call('io.jwt.verify_es256', `${signed}.${longer.toString('base64url')}`, pem)).toBe(false);
  });

  test('claims nested without end are refused', () => {
    const claims = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(call('io.jwt.decode', hs256({}, claims))).toBeUndefined();
  });

  test('tokens within tokens without end are refused', () => {
    let token = hs256({}, { sub: 'alice' });
    for (let depth = 0; depth < 20; depth++) token = hs256({ cty: 'JWT' }, token);
    expect(decodeVerify(token, { secret })).toBeUndefined();
    expect(call('io.jwt.decode', token)).toBeUndefined();
  });

  test('a secret that is not UTF-8 is taken by its bytes', () => {
    const token = hs256({}, { sub: 'alice' }, Uint8Array.of(0xfe, 0x80));
    expect(call('io.jwt.verify_hs256', token, bytesToText(Uint8Array.of(0xfe, 0x80)))).toBe(true);
    expect(call('io.jwt.verify_hs256', token, bytesToText(Uint8Array.of(0xff, 0x80)))).toBe(false);
    expect(decodeVerify(token, { secret: bytesToText(Uint8Array.of(0xff, 0x80)) })).toEqual(unverified);
  });
});

describe('time', () => {
  test('without a time constraint the clock of the evaluation decides', () => {
    expect(decodeVerify(hs256({}, { exp: 1_700_000_001 }), { secret })).toEqual([
      true,
      { alg: 'HS256' },
      { exp: 1_700_000_001 },
    ]);
    expect(decodeVerify(hs256({}, { exp: 1_700_000_000 }), { secret })).toEqual(unverified);
    expect(decodeVerify(hs256({}, { nbf: 1_700_000_001 }), { secret })).toEqual(unverified);
  });
});

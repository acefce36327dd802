import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe } from 'vitest';
import type { RegoObject } from '../../../../src/engine/wasm/builtins/rego/rego-value.js';
import { createAuthority } from '../../../support/certificates.js';
import { expectSameAnswers } from './expect-same-answers.js';
import { copied, type KeyPair } from './key-pair.js';
import type { Call } from './opa-answers.js';
import { signToken, signWithShortSalt } from './tokens.js';
import { num } from './values.js';

const rsa = copied(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const otherRsa = copied(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const weakRsa = copied(generateKeyPairSync('rsa', { modulusLength: 768 }));
const p256 = copied(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const p384 = copied(generateKeyPairSync('ec', { namedCurve: 'P-384' }));
const p521 = copied(generateKeyPairSync('ec', { namedCurve: 'P-521' }));
const ed25519 = copied(generateKeyPairSync('ed25519'));
const x25519 = copied(generateKeyPairSync('x25519'));
const secret = 'a secret of some length, é';
const authority = createAuthority('issuer');

const keys: Readonly<Record<string, KeyPair>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: p256,
  ES384: p384,
  ES512: p521,
  EdDSA: ed25519,
};
const algorithms = Object.keys(keys);
const hmacs = ['HS256', 'HS384', 'HS512'];

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function jwk(key: KeyObject, extra: object = {}): object {
  return { ...key.export({ format: 'jwk' }), ...extra };
}

function jwks(...members: object[]): string {
  return JSON.stringify({ keys: members });
}

function verifyName(alg: string): string {
  return `io.jwt.verify_${alg.toLowerCase()}`;
}

const claims = { sub: 'alice', roles: ['admin'], n: 1 };
const tokens = new Map(
  algorithms.map((alg) => [alg, signToken({ alg, typ: 'JWT' }, claims, keys[alg]?.privateKey ?? '', alg)]),
);
const hmacTokens = new Map(hmacs.map((alg) => [alg, signToken({ alg }, claims, secret, alg)]));
const rs256 = tokens.get('RS256') ?? '';
const es256 = tokens.get('ES256') ?? '';
const hs256 = hmacTokens.get('HS256') ?? '';
const rsaPem = pem(rsa.publicKey);
const [rsHeader = '', rsPayload = '', rsSignature = ''] = rs256.split('.');
const unsigned = signToken({ alg: 'none' }, claims, '', 'HS256').replace(/[^.]*$/, '');
const confused = signToken({ alg: 'HS256' }, claims, rsaPem, 'HS256');

const malformed = [
  '',
  '.',
  '..',
  'a.b',
  'a.b.c',
  'a.b.c.d',
  `${rs256}.`,
  `${rs256}=`,
  `${rsHeader}.${rsPayload}`,
  `${rsHeader}.${rsPayload}.`,
  `${rsHeader}.${rsPayload}.!`,
  `${rsHeader}..${rsSignature}`,
  ` ${rs256}`,
  `${rs256}\n`,
  `${rsHeader}\n.${rsPayload}.${rsSignature}`,
  `${rsHeader}==.${rsPayload}.${rsSignature}`,
  rs256.replaceAll('_', '/'),
  `${rsHeader}.${rsPayload}.${rsSignature.slice(0, -1)}`,
  `${rsHeader}.${rsPayload}.${rsSignature.slice(0, -2)}AA`,
];

function unverified(header: object | string, payload: object | string): string {
  return signToken(header, payload, 'x', 'HS256');
}

const decodable = [
  rs256,
  es256,
  hs256,
  unsigned,
  ...malformed,
  unverified({}, {}),
  unverified('{"alg":"HS256"', claims),
  unverified('[]', claims),
  unverified({ alg: 'HS256' }, '[]'),
  unverified({ alg: 'HS256' }, '"x"'),
  unverified({ alg: 'HS256' }, ''),
  unverified({ alg: 'HS256', enc: 'A128GCM' }, claims),
  unverified({ alg: 'HS256', enc: null }, claims),
  unverified({ alg: 1 }, claims),
  unverified(
    { alg: 'x' },
    '{"a":1,"a":2,"b":1.0,"c":12345678901234567890,"d":1e400,"e":-0,"f":"\\u00e9\\ud83d\\ude00\\ud800"}',
  ),
  unverified({ alg: 'x' }, '{"a":01}'),
  unverified({ alg: 'x' }, '{"a":1}{}'),
  unverified({ alg: 'x' }, ' {"a":1} '),
  unverified({ alg: 'x' }, '{"a":1,}'),
  unverified({ alg: 'x' }, '{"__proto__":{"x":1},"constructor":2}'),
  unverified({ alg: 'x' }, '{"a":NaN}'),
  unverified({ alg: 'x' }, '\ufeff{"a":1}'),
  unverified({ alg: 'x' }, '{"a":"\u0001"}'),
  unverified({ alg: 'x' }, '{"exp":"soon"}'),
  unverified({ alg: 'x', cty: 'JWT' }, rs256),
  unverified({ alg: 'x', cty: 'JWT' }, `"${rs256}"`),
  unverified({ alg: 'x', cty: 'jwt' }, rs256),
  unverified({ alg: 'x', cty: 'JWT' }, claims),
  unverified({ alg: 'x', cty: 'text' }, claims),
  `${Buffer.from('{"alg":"x"}').toString('base64url')}.${Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xe2, 0x82, 0x22, 0x7d]).toString('base64url')}.AA`,
];

const sources: readonly string[] = [
  rsaPem,
  pem(otherRsa.publicKey),
  pem(p256.publicKey),
  pem(p384.publicKey),
  pem(p521.publicKey),
  pem(ed25519.publicKey),
  pem(x25519.publicKey),
  authority.cert,
  rsaPem.trimEnd(),
  `${rsaPem}\n`,
  `junk\n${rsaPem}`,
  rsaPem + rsaPem,
  rsaPem.replace('PUBLIC', 'RSA PUBLIC'),
  rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  rsaPem.replace(/\n(.{20})/, '\n'),
  jwks(jwk(rsa.publicKey)),
  jwks(jwk(rsa.publicKey, { alg: 'RS256' })),
  jwks(jwk(rsa.publicKey, { alg: 'RS512' })),
  jwks(jwk(otherRsa.publicKey), jwk(rsa.publicKey)),
  jwks(jwk(otherRsa.publicKey, { kid: '1' }), jwk(rsa.publicKey, { kid: '2' })),
  jwks(...[rsa, p256, p384, p521, ed25519].map(({ publicKey }, index) => jwk(publicKey, { kid: String(index) }))),
  jwks(jwk(rsa.privateKey)),
  jwks(jwk(rsa.publicKey, { alg: 'RSA-OAEP', use: 'enc' })),
  jwks(jwk(rsa.publicKey, { use: 'enc' })),
  jwks(),
  jwks({ kty: 'oct', k: Buffer.from(secret).toString('base64url') }),
  jwks({ kty: 'RSA' }),
  jwks(jwk(rsa.publicKey, { kid: 1 })),
  jwks(jwk(rsa.publicKey, { alg: null })),
  jwks(jwk(rsa.publicKey, { kid: null })),
  ...[
    'unheard of',
    '',
    'none',
    'RSA1_5',
    'RSA-OAEP-256',
    'dir',
    'A128GCM',
    'A128CBC-HS256',
    'PBES2-HS256+A128KW',
    'A128KW',
    'ECDH-ES+A256KW',
    'rs256',
    'Ed25519',
    'ES256K',
  ].map((alg) => jwks(jwk(rsa.publicKey, { alg }))),
  jwks({ kty: 'oct', k: '' }),
  jwks({ kty: 'oct', k: 'a' }),
  jwks({ kty: 'oct', k: 1 }),
  jwks(jwk(rsa.publicKey), { kty: 'unknown' }),
  jwks(jwk(p256.publicKey, { crv: 'P-999' })),
  jwks(jwk(p256.publicKey, { x: 'AA' })),
  jwks(jwk(ed25519.publicKey, { crv: 'Ed448' })),
  jwks(jwk(x25519.publicKey)),
  `[${JSON.stringify(jwk(rsa.publicKey))}]`,
  `${jwks(jwk(rsa.publicKey))}x`,
  ` ${jwks(jwk(rsa.publicKey))} `,
  `{"keys":[],"keys":[${JSON.stringify(jwk(rsa.publicKey))}]}`,
  jwks({ kty: 'unknown' }),
  jwks({}),
  JSON.stringify(jwk(rsa.publicKey)),
  '',
  '{}',
  '[]',
  'null',
  'x',
  '{"keys": 1}',
  '{"keys": [1]}',
];

const verifyCalls: readonly Call[] = [
  ...algorithms.flatMap((alg) =>
    [...tokens.values(), hs256, unsigned, confused].flatMap((token) =>
      [keys[alg]?.publicKey ?? rsa.publicKey].flatMap((key): Call[] => [
        [verifyName(alg), token, pem(key)],
        [verifyName(alg), token, jwks(jwk(key))],
      ]),
    ),
  ),
  ...sources.flatMap((source): Call[] => [
    ['io.jwt.verify_rs256', rs256, source],
    ['io.jwt.verify_ps256', tokens.get('PS256') ?? '', source],
    ['io.jwt.verify_es256', es256, source],
    ['io.jwt.verify_eddsa', tokens.get('EdDSA') ?? '', source],
  ]),
  ...malformed.map((token): Call => ['io.jwt.verify_rs256', token, rsaPem]),
  ...decodable.map((token): Call => ['io.jwt.verify_rs256', token, rsaPem]),
  ...hmacs.flatMap((alg) =>
    [...hmacTokens.values(), rs256, confused, unsigned].flatMap((token): Call[] => [
      [verifyName(alg), token, secret],
      [verifyName(alg), token, 'wrong'],
      [verifyName(alg), token, ''],
      [verifyName(alg), token, rsaPem],
    ]),
  ),
  ...[...malformed, unverified('not json', claims)].map((token): Call => ['io.jwt.verify_hs256', token, 'x']),
  ['io.jwt.verify_rs256', 1, rsaPem],
  ['io.jwt.verify_rs256', rs256, 1],
  ['io.jwt.verify_hs256', 1, 'x'],
  ['io.jwt.verify_hs256', hs256, null],
  ['io.jwt.verify_ps256', signWithShortSalt({ alg: 'PS256' }, claims, rsa.privateKey), rsaPem],
  ['io.jwt.verify_rs256', signToken({ alg: 'RS256' }, claims, weakRsa.privateKey, 'RS256'), pem(weakRsa.publicKey)],
  ['io.jwt.verify_es256', signToken({ alg: 'ES256' }, claims, p384.privateKey, 'ES256'), pem(p384.publicKey)],
  [
    'io.jwt.verify_es256',
    signToken({ alg: 'ES256' }, claims, createPrivateKey(authority.key), 'ES256'),
    authority.cert,
  ],
  ...['1', '2', '3', ''].flatMap((kid) =>
    [
      jwks(jwk(otherRsa.publicKey, { kid: '1' }), jwk(rsa.publicKey, { kid: '2' })),
      jwks(jwk(rsa.publicKey, { kid: '1', alg: 'RS512' })),
    ].map(
      (source): Call => [
        'io.jwt.verify_rs256',
        signToken({ alg: 'RS256', kid }, claims, rsa.privateKey, 'RS256'),
        source,
      ],
    ),
  ),
  ['io.jwt.verify_rs256', signToken({ alg: 'RS256', kid: 7 }, claims, rsa.privateKey, 'RS256'), rsaPem],
];

const now = num('1700000000000000000');

function decodeVerify(token: string, constraints: RegoObject): Call {
  return ['io.jwt.decode_verify', token, constraints];
}

function signed(payload: object, header: object = {}): string {
  return signToken({ alg: 'RS256', ...header }, payload, rsa.privateKey, 'RS256');
}

const trust = { cert: rsaPem, time: now };
const inner = signed({ sub: 'inner' });

const decodeVerifyCalls: readonly Call[] = [
  ...[...tokens].flatMap(([alg, token]) => [
    decodeVerify(token, { cert: pem(keys[alg]?.publicKey ?? rsa.publicKey), time: now }),
    decodeVerify(token, { cert: pem(keys[alg]?.publicKey ?? rsa.publicKey), alg, time: now }),
    decodeVerify(token, { cert: pem(keys[alg]?.publicKey ?? rsa.publicKey), alg: 'RS384', time: now }),
    decodeVerify(token, { cert: pem(otherRsa.publicKey), time: now }),
    decodeVerify(token, { secret, time: now }),
  ]),
  ...[...hmacTokens].flatMap(([alg, token]) => [
    decodeVerify(token, { secret, time: now }),
    decodeVerify(token, { secret, alg, time: now }),
    decodeVerify(token, { secret: 'wrong', time: now }),
    decodeVerify(token, { cert: rsaPem, time: now }),
    decodeVerify(token, { cert: jwks({ kty: 'oct', k: Buffer.from(secret).toString('base64url') }), time: now }),
    decodeVerify(token, { cert: jwks({ kty: 'oct', k: Buffer.from(secret).toString('base64url'), alg }), time: now }),
  ]),
  ...[unsigned, confused, ...malformed, ...decodable].map((token) => decodeVerify(token, trust)),
  decodeVerify(confused, { secret: rsaPem, time: now }),
  ...sources.flatMap((source) => [
    decodeVerify(rs256, { cert: source, time: now }),
    decodeVerify(hs256, { cert: source, time: now }),
  ]),
  ...[
    {},
    { time: now },
    { cert: rsaPem, secret, time: now },
    { secret: '', time: now },
    { cert: rsaPem, secret: '', time: now },
    { cert: '', time: now },
    { cert: 1 },
    { secret: 1 },
    { ...trust, alg: 1 },
    { ...trust, alg: null },
    { ...trust, time: null },
    { cert: null, secret },
    { ...trust, iss: 1 },
    { ...trust, aud: ['a'] },
    { ...trust, unknown: 1 },
    { ...trust, time: 'now' },
    { ...trust, time: -1 },
    { ...trust, time: 0 },
    { ...trust, time: 1.5 },
    { ...trust, alg: '' },
    { ...trust, iss: '' },
    { ...trust, aud: '' },
    { ...trust, alg: 'none' },
    { ...trust, alg: 'rs256' },
  ].map((constraints) => decodeVerify(rs256, constraints)),
  ...[1_700_000_001, 1_700_000_000, 1_699_999_999, 1_700_000_000.5, 1e30, -1, 0, 'soon', null, '1700000001'].flatMap(
    (time) => [
      decodeVerify(signed({ exp: time }), trust),
      decodeVerify(signed({ nbf: time }), trust),
      decodeVerify(signed({ iat: time }), trust),
    ],
  ),
  decodeVerify(signed({ exp: 1_700_000_000 }), { ...trust, time: num('1699999999999999999') }),
  decodeVerify(signed({ exp: 1_700_000_000 }), { ...trust, time: num('1699999999999999000') }),
  decodeVerify(signToken({ alg: 'RS256' }, '{"exp":1700000000.0000000001}', rsa.privateKey, 'RS256'), trust),
  decodeVerify(signToken({ alg: 'RS256' }, '{"exp":17E8,"nbf":1.7e9}', rsa.privateKey, 'RS256'), {
    ...trust,
    time: num('1600000000000000000'),
  }),
  decodeVerify(signToken({ alg: 'RS256' }, '{"exp":1,"exp":99999999999}', rsa.privateKey, 'RS256'), trust),
  decodeVerify(signed({ exp: 4_000_000_000 }), { cert: rsaPem }),
  decodeVerify(signed({ exp: 1 }), { cert: rsaPem }),
  decodeVerify(signed({ nbf: 4_000_000_000 }), { cert: rsaPem }),
  ...[{}, { iss: 'me' }, { iss: 'you' }, { iss: '' }].flatMap((payload) => [
    decodeVerify(signed(payload), { ...trust, iss: 'me' }),
    decodeVerify(signed(payload), trust),
  ]),
  ...[
    {},
    { aud: 'me' },
    { aud: 'you' },
    { aud: ['you', 'me'] },
    { aud: [] },
    { aud: [1, 'me'] },
    { aud: null },
    { aud: { me: 1 } },
    { aud: '' },
    { aud: [''] },
  ].flatMap((payload) => [
    decodeVerify(signed(payload), { ...trust, aud: 'me' }),
    decodeVerify(signed(payload), trust),
  ]),
  ...[
    { crit: ['exp'] },
    { crit: ['b64'], b64: false },
    { crit: ['b64'] },
    { crit: [] },
    { crit: 'b64' },
    { crit: [1] },
    { crit: ['alg'] },
    { crit: ['b64', 1], b64: 1 },
    { crit: [1, 'b64'], b64: 1 },
    { typ: 1 },
    { kid: 1 },
    { kid: 'x' },
    { extra: { a: [1] } },
    { alg: 'RS384' },
    { alg: 'none' },
    { alg: '' },
    { alg: null },
  ].map((header) => decodeVerify(signed(claims, header), trust)),
  ...['1', '2', '3'].flatMap((kid) => [
    decodeVerify(signed(claims, { kid }), {
      cert: jwks(jwk(otherRsa.publicKey, { kid: '1' }), jwk(rsa.publicKey, { kid: '2' })),
      time: now,
    }),
    decodeVerify(signed(claims, { kid }), { cert: jwks(jwk(rsa.publicKey, { kid: '1', alg: 'RS512' })), time: now }),
  ]),
  ...['JWT', 'jwt', 'JwT', 'text'].map((cty) =>
    decodeVerify(signToken({ alg: 'RS256', cty }, inner, rsa.privateKey, 'RS256'), trust),
  ),
  decodeVerify(signToken({ alg: 'RS256', cty: 'JWT' }, `"${inner}"`, rsa.privateKey, 'RS256'), trust),
  decodeVerify(signToken({ alg: 'RS256', cty: 'JWT' }, hs256, rsa.privateKey, 'RS256'), trust),
  decodeVerify(signWithShortSalt({ alg: 'PS256' }, claims, rsa.privateKey), trust),
  decodeVerify(signToken({ alg: 'RS256' }, claims, weakRsa.privateKey, 'RS256'), {
    cert: pem(weakRsa.publicKey),
    time: now,
  }),
  decodeVerify(signToken({ alg: 'ES256' }, claims, p384.privateKey, 'ES256'), { cert: pem(p384.publicKey), time: now }),
  decodeVerify(signToken({ alg: 'Ed25519' }, claims, ed25519.privateKey, 'EdDSA'), {
    cert: pem(ed25519.publicKey),
    time: now,
  }),
  decodeVerify(signToken({ alg: 'ES256' }, claims, createPrivateKey(authority.key), 'ES256'), {
    cert: authority.cert,
    time: now,
  }),
  ['io.jwt.decode_verify', 1, trust],
  ['io.jwt.decode_verify', rs256, []],
  ['io.jwt.decode_verify', rs256, 'x'],
];

describe('io.jwt', () => {
  expectSameAnswers([
    ...decodable.map((token): Call => ['io.jwt.decode', token]),
    ['io.jwt.decode', 1],
    ['io.jwt.decode', null],
    ...verifyCalls,
    ...decodeVerifyCalls,
  ]);
});

import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BundleFile } from '../../../../src/policy/bundle/bundle.js';
import { bundleFileHash } from '../../../../src/policy/signature/file-hash.js';
import {
  type SignatureAlgorithm,
  type SignatureKey,
  signatureAlgorithms,
} from '../../../../src/policy/signature/jws.js';
import { signBundle } from '../../../../src/policy/signature/sign-bundle.js';
import { signingKey, verificationKey } from '../../../../src/policy/signature/signing-key.js';
import { verifyBundle } from '../../../../src/policy/signature/verify-bundle.js';

const now = Date.parse('2026-01-01T00:00:00Z');

function pem(key: KeyObject, type: 'pkcs8' | 'spki'): Buffer {
  return Buffer.from(key.export({ type, format: 'pem' } as { type: 'spki'; format: 'pem' }));
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
const secret = Buffer.from('s'.repeat(64));

function pair(algorithm: SignatureAlgorithm): { signing: SignatureKey; verification: SignatureKey } {
  const generated = algorithm.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve: curves[algorithm as keyof typeof curves] })
    : rsa;
  const hmac = algorithm.startsWith('HS');
  const signing = signingKey(hmac ? secret : pem(generated.privateKey, 'pkcs8'), algorithm);
  const verification = verificationKey(hmac ? secret : pem(generated.publicKey, 'spki'), algorithm);
  if (!signing.ok) throw new Error(signing.error);
  if (!verification.ok) throw new Error(verification.error);
  return { signing: signing.value, verification: verification.value };
}

const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

function otherKey(algorithm: SignatureAlgorithm): KeyObject {
  if (!algorithm.startsWith('ES')) return otherRsa.privateKey;
  return generateKeyPairSync('ec', { namedCurve: curves[algorithm as keyof typeof curves] }).privateKey;
}

const file = (path: string, content: string): BundleFile => ({ path, content: Buffer.from(content) });

const files = [
  file('.manifest', '{"revision":"v1","roots":[""]}'),
  file('a/data.json', '{"b": 1.0, "a": [1]}'),
  file('a/policy.rego', 'package a\n'),
];

function signed(signing: SignatureKey, scope?: string): readonly BundleFile[] {
  const made = signBundle(files, { key: signing, keyId: 'default', scope });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

function refusal(bundle: readonly BundleFile[], key: SignatureKey, scope = ''): string {
  const verified = verifyBundle(bundle, { key, scope }, now);
  return verified.ok ? 'verified' : verified.error;
}

describe.each(signatureAlgorithms.map((algorithm) => [algorithm]))('%s', (algorithm) => {
  test('does not verify what another key signed', () => {
    const other = algorithm.startsWith('HS')
      ? signingKey(Buffer.from('t'.repeat(64)), algorithm)
      : signingKey(pem(otherKey(algorithm), 'pkcs8'), algorithm);
    if (!other.ok) throw new Error(other.error);
    expect(refusal(signed(other.value), pair(algorithm).verification)).toBe('its signature does not fit the key');
  });

  test('verifies what it signed, and nothing else', () => {
    const { signing, verification } = pair(algorithm);
    const bundle = signed(signing, 'a');
    expect(refusal(bundle, verification, 'a')).toBe('verified');
    expect(refusal(bundle, verification)).toContain('for the scope "a", not ""');
    const changed = bundle.map((each) => (each.path === 'a/policy.rego' ? file(each.path, 'package b\n') : each));
    expect(refusal(changed, verification, 'a')).toContain('"a/policy.rego" is not what was signed');
  });
});

/** A signature file around a token of one's own. */
function withToken(header: object, payload: object | string, signature: (content: Buffer) => Buffer): BundleFile[] {
  const parts = [JSON.stringify(header), typeof payload === 'string' ? payload : JSON.stringify(payload)];
  const content = parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
  const token = `${content}.${signature(Buffer.from(content)).toString('base64url')}`;
  return [...files, file('.signatures.json', JSON.stringify({ signatures: [token] }))];
}

const rs = pair('RS256');
const byRsa = (content: Buffer) => sign('sha256', content, rsa.privateKey);

function entries(algorithm = 'SHA-256') {
  return files.map((each) => {
    const hash = bundleFileHash(each, algorithm);
    return { name: each.path, hash: hash.ok ? hash.value : '', algorithm };
  });
}

const rsHeader = { alg: 'RS256', kid: 'default' };

test("a token of one's own making verifies, so that the refusals below are for their own reasons", () => {
  expect(refusal(withToken(rsHeader, { files: entries() }, byRsa), rs.verification)).toBe('verified');
  for (const algorithm of ['SHA-224', 'SHA-384', 'SHA-512', 'SHA-512-224', 'SHA-512-256']) {
    expect(refusal(withToken(rsHeader, { files: entries(algorithm) }, byRsa), rs.verification)).toBe('verified');
  }
});

describe('refused is a signature', () => {
  const seconds = now / 1000;
  const cases: [string, BundleFile[], RegExp][] = [
    ['without an algorithm', withToken({ alg: 'none' }, { files: entries() }, () => Buffer.alloc(0)), /compact|"none"/],
    [
      'with none and some bytes',
      withToken({ alg: 'none' }, { files: entries() }, () => Buffer.from('x')),
      /made with "none"/,
    ],
    [
      'made with the public key for a secret',
      withToken({ alg: 'HS256' }, { files: entries() }, (content) =>
        createHmac('sha256', pem(rsa.publicKey, 'spki')).update(content).digest(),
      ),
      /made with "HS256", not RS256/,
    ],
    [
      'of another algorithm of the same key',
      withToken({ alg: 'PS256' }, { files: entries() }, byRsa),
      /made with "PS256"/,
    ],
    ['that names no algorithm', withToken({}, { files: entries() }, byRsa), /made with null/],
    [
      'with critical headers',
      withToken({ ...rsHeader, crit: ['b64'], b64: false }, { files: entries() }, byRsa),
      /critical/,
    ],
    ['over other bytes', withToken(rsHeader, { files: entries() }, () => byRsa(Buffer.from('x'))), /does not fit/],
    ['that has expired', withToken(rsHeader, { files: entries(), exp: seconds }, byRsa), /expired/],
    ['that is not valid yet', withToken(rsHeader, { files: entries(), nbf: seconds + 1 }, byRsa), /not valid yet/],
    ['whose time is a text', withToken(rsHeader, { files: entries(), exp: 'never' }, byRsa), /time/],
    ['whose scope is no text', withToken(rsHeader, { files: entries(), scope: 1 }, byRsa), /scope/],
    ['without files', withToken(rsHeader, { scope: '' }, byRsa), /no list of files/],
    ['with an empty list of files', withToken(rsHeader, { files: [] }, byRsa), /no list of files/],
    ['with a file that has no hash', withToken(rsHeader, { files: [{ name: 'a' }] }, byRsa), /no list of files/],
    ['that names a file twice', withToken(rsHeader, { files: [...entries(), ...entries()] }, byRsa), /twice/],
    [
      'with two lists of files',
      withToken(rsHeader, `{"files":[],"files":${JSON.stringify(entries())}}`, byRsa),
      /not a compact JWS/,
    ],
    [
      'by MD5',
      withToken(rsHeader, { files: entries().map((each) => ({ ...each, algorithm: 'MD5' })) }, byRsa),
      /"MD5"/,
    ],
    [
      'by SHA-1',
      withToken(rsHeader, { files: entries().map((each) => ({ ...each, algorithm: 'SHA-1' })) }, byRsa),
      /"SHA-1"/,
    ],
    [
      'by a hash that every object has',
      withToken(rsHeader, { files: entries().map((each) => ({ ...each, algorithm: 'constructor' })) }, byRsa),
      /"constructor"/,
    ],
    ['that leaves a file out', withToken(rsHeader, { files: entries().slice(1) }, byRsa), /".manifest" is not in/],
    [
      'for a file that is not there',
      withToken(rsHeader, { files: [...entries(), { name: 'z', hash: '00', algorithm: 'SHA-256' }] }, byRsa),
      /"z" was signed/,
    ],
  ];

  test.each(cases)('%s', (_case, bundle, reason) => {
    expect(refusal(bundle, rs.verification)).toMatch(reason);
  });

  test.each([
    ['none', {}, /exactly one/],
    ['an empty list', { signatures: [] }, /exactly one/],
    ['two', { signatures: ['a.b.c', 'a.b.c'] }, /exactly one/],
    ['no text', { signatures: [1] }, /exactly one/],
    ['a plugin', { signatures: ['a.b.c'], plugin: 'custom' }, /plugin/],
    ['no JWS', { signatures: ['abc'] }, /compact/],
    ['four parts', { signatures: ['a.b.c.d'] }, /compact/],
    ['letters that are not base64url', { signatures: ['e30=.e30=.AA'] }, /compact/],
  ])('in a file with %s', (_case, document, reason) => {
    const bundle = [...files, file('.signatures.json', JSON.stringify(document))];
    expect(refusal(bundle, rs.verification)).toMatch(reason);
  });

  test('in a file that is no JSON, or in none', () => {
    expect(refusal([...files, file('.signatures.json', '{')], rs.verification)).toContain('not JSON');
    expect(refusal(files, rs.verification)).toBe('it is not signed');
  });
});

test('a plugin of the name that OPA gives its own verification is none', () => {
  const [signature] = withToken(rsHeader, { files: entries() }, byRsa).slice(-1);
  const document = { ...JSON.parse(String(signature?.content)), plugin: '_default' };
  expect(refusal([...files, file('.signatures.json', JSON.stringify(document))], rs.verification)).toBe('verified');
});

test('structured files are compared by what they say, others by their bytes', () => {
  const bundle = signed(rs.signing);
  const rewritten = (path: string, content: string) =>
    refusal(
      bundle.map((each) => (each.path === path ? file(path, content) : each)),
      rs.verification,
    );
  expect(rewritten('a/data.json', '{"a":[1],"b":1.0}\n')).toBe('verified');
  expect(rewritten('a/data.json', '{"a":[1],"b":1}')).toContain('not what was signed');
  expect(rewritten('a/data.json', '{"a":[1],"b":1.0,"__proto__":{}}')).toContain('not what was signed');
  expect(rewritten('.manifest', '{ "roots": [""], "revision": "v1" }')).toBe('verified');
  expect(rewritten('a/policy.rego', 'package a\n\n')).toContain('not what was signed');
  expect(rewritten('a/data.json', `${'['.repeat(9000)}${']'.repeat(9000)}`)).not.toBe('verified');
});

describe('a key is refused that', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cases: [string, Buffer, SignatureAlgorithm, RegExp][] = [
    ['is a public key for a secret', pem(rsa.publicKey, 'spki'), 'HS256', /the key is a PEM file/],
    ['is too short a secret', Buffer.from('secret'), 'HS256', /32 bytes or more/],
    ['is shorter than the hash', Buffer.alloc(63), 'HS512', /64 bytes or more/],
    ['is private', pem(rsa.privateKey, 'pkcs8'), 'RS256', /is a private key/],
    ['is too short', pem(short.publicKey, 'spki'), 'RS256', /1024 bits is too short/],
    ['is of another kind', pem(ec.publicKey, 'spki'), 'RS256', /takes an RSA key, and this one is ec/],
    ['is on another curve', pem(ec.publicKey, 'spki'), 'ES384', /takes a key on secp384r1/],
    ['is no key', Buffer.from('x'), 'ES256', /not a PEM public key/],
    ['is empty', Buffer.alloc(0), 'HS256', /32 bytes/],
  ];

  test.each(cases)('%s', (_case, content, algorithm, reason) => {
    const key = verificationKey(content, algorithm);
    expect(key.ok ? 'taken' : key.error).toMatch(reason);
  });

  test('is public where one signs', () => {
    const key = signingKey(pem(rsa.publicKey, 'spki'), 'RS256');
    expect(key.ok ? 'taken' : key.error).toMatch(/not a PEM private key/);
  });
});

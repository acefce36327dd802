import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCertificate } from '../../../src/check/certificate/certificate.js';
import { sourceMembers } from '../../../src/check/input/source-members.js';
import { type AlternativeName, createAuthority, type LeafOptions } from '../../support/certificates.js';

const authority = createAuthority('Test CA');

function issue(names: readonly AlternativeName[], options: LeafOptions = {}, commonName = 'client'): string {
  return encodeURIComponent(authority.issue(commonName, { ...options, names }).cert);
}

function read(encoded: string) {
  const result = readCertificate(encoded);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('what stands in it', () => {
  test('each member', () => {
    const { cert } = authority.issue('client', { names: [['uri', 'spiffe://example.org/cars']] });
    const parsed = new X509Certificate(cert);
    expect(read(encodeURIComponent(cert))).toEqual({
      subject: 'CN=client',
      issuer: 'CN=Test CA',
      serial: parsed.serialNumber.toLowerCase(),
      not_before: Date.parse(parsed.validFrom) / 1000,
      not_after: Date.parse(parsed.validTo) / 1000,
      fingerprint_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      sans: { dns: [], uri: ['spiffe://example.org/cars'], ip: [], email: [] },
      spiffe_id: 'spiffe://example.org/cars',
    });
  });

  test('names by kind, in their order; kinds that are not shown are passed over', () => {
    const names: AlternativeName[] = [
      ['dns', 'a.example'],
      ['email', 'a@b.example'],
      ['id', Buffer.from('2a0304', 'hex')],
      ['uri', 'https://x/a,b?c="d"'],
      ['ip', Buffer.of(192, 0, 2, 7)],
      ['directory', Buffer.from('300d310b300906035504030c02612c', 'hex')],
      ['ip', Buffer.concat([Buffer.alloc(15), Buffer.of(1)])],
      ['dns', '*.b.example'],
    ];
    expect(read(issue(names)).sans).toEqual({
      dns: ['a.example', '*.b.example'],
      uri: ['https://x/a,b?c="d"'],
      ip: ['192.0.2.7', '0:0:0:0:0:0:0:1'],
      email: ['a@b.example'],
    });
  });

  test('no names at all', () => {
    expect(read(issue([]))).toMatchObject({ sans: { dns: [], uri: [], ip: [], email: [] } });
  });

  test('a subject in the order and with the escapes of RFC 2253, so that a value cannot pass for an attribute', () => {
    const subject = [
      ['C', 'DE'],
      ['O', 'Example\nCN=admin'],
      ['OU', 'a, CN=root + b'],
    ] as const;
    expect(read(issue([], { subject })).subject).toBe('CN=client,OU=a\\, CN=root \\+ b,O=Example\\0ACN=admin,C=DE');
  });

  test('an empty subject', () => {
    expect(read(issue([['dns', 'a']], {}, '')).subject).toBe('');
  });
});

describe('spiffe_id', () => {
  test.each(['spiffe://example.org/cars', 'spiffe://example.org', 'spiffe://td_1-x.y/a/B_c-d.e'])(
    '%s is one',
    (uri) => {
      expect(read(issue([['uri', uri]])).spiffe_id).toBe(uri);
    },
  );

  test.each([
    'https://example.org/cars',
    'SPIFFE://example.org/cars',
    'spiffe:///cars',
    'spiffe://Example.org/cars',
    'spiffe://example.org:8080/cars',
    'spiffe://user@example.org/cars',
    'spiffe://example.org/cars/',
    'spiffe://example.org//cars',
    'spiffe://example.org/a/../cars',
    'spiffe://example.org/./cars',
    'spiffe://example.org/c%61rs',
    'spiffe://example.org/cars?x',
    'spiffe://example.org/cars#x',
    `spiffe://example.org/${'a'.repeat(2048)}`,
  ])('%s is none', (uri) => {
    const certificate = read(issue([['uri', uri]]));
    expect(certificate.spiffe_id).toBeUndefined();
    expect(certificate.sans.uri).toEqual([uri]);
  });

  test('two URIs: none of them, whichever comes first', () => {
    const [one, other] = [
      ['uri', 'spiffe://example.org/cars'],
      ['uri', 'spiffe://example.org/admin'],
    ] as const;
    expect(read(issue([one, other])).spiffe_id).toBeUndefined();
    expect(read(issue([other, one])).spiffe_id).toBeUndefined();
  });

  test('a DNS name or a common name that looks like one is none', () => {
    expect(read(issue([['dns', 'spiffe://example.org/cars']], {}, 'spiffe://a/b')).spiffe_id).toBeUndefined();
  });

  test('an authority has none', () => {
    expect(read(issue([['uri', 'spiffe://example.org/cars']], { ca: true })).spiffe_id).toBeUndefined();
  });
});

describe('what is not shown', () => {
  test.each<readonly [string, AlternativeName]>([
    ['NUL in a DNS name (CVE-2026-47778)', ['dns', 'good.example\0.evil.example']],
    ['NUL in a URI', ['uri', 'spiffe://example.org/cars\0']],
    ['a line break', ['dns', 'a\nDNS:b']],
    ['DEL', ['email', 'a\x7f@b']],
    ['a byte beyond ASCII', ['dns', 'caf\xe9.example']],
    ['a blank', ['uri', 'spiffe://example.org/a b']],
    ['a second name written into the first', ['uri', 'spiffe://example.org/a, URI:spiffe://example.org/admin']],
    ['an empty name', ['uri', '']],
    ['an address of three bytes', ['ip', Buffer.of(1, 2, 3)]],
  ])('%s, also behind a good name', (_name, bad) => {
    expect(readCertificate(issue([bad]))).toEqual({ ok: false, error: 'san_invalid' });
    const behind = issue([['uri', 'spiffe://example.org/cars'], bad]);
    expect(readCertificate(behind)).toEqual({ ok: false, error: 'san_invalid' });
  });

  test('too many names', () => {
    const names = Array.from({ length: 257 }, (_, index): AlternativeName => ['dns', `n${index}`]);
    expect(readCertificate(issue(names))).toEqual({ ok: false, error: 'san_too_many' });
    expect(read(issue(names.slice(1))).sans.dns).toHaveLength(256);
  });

  test('a certificate beyond the limit', () => {
    const long: AlternativeName = ['uri', `https://x/${'a'.repeat(60_000)}`];
    expect(readCertificate(issue([long]))).toEqual({ ok: false, error: 'too_large' });
  });

  const { cert } = authority.issue('client');
  const other = authority.issue('other').cert;
  const body = Buffer.from(cert.replace(/-----[A-Z ]+-----|\n/g, ''), 'base64');
  const pem = (bytes: Buffer) =>
    encodeURIComponent(`-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`);

  test.each([
    ['broken URL encoding', '%', 'encoding_invalid'],
    ['no PEM', 'certificate', 'encoding_invalid'],
    ['two certificates', encodeURIComponent(cert + other), 'encoding_invalid'],
    ['text before it', encodeURIComponent(`x\n${cert}`), 'encoding_invalid'],
    ['another kind of PEM', encodeURIComponent(cert.replaceAll('CERTIFICATE', 'PUBLIC KEY')), 'encoding_invalid'],
    ['something else inside', pem(Buffer.from('hello')), 'certificate_invalid'],
    ['a part of one', pem(body.subarray(0, 200)), 'certificate_invalid'],
    ['bytes behind it', pem(Buffer.concat([body, Buffer.of(0)])), 'certificate_invalid'],
  ])('%s', (_name, text, error) => {
    expect(readCertificate(text)).toEqual({ ok: false, error });
  });

  test('whatever comes, it does not throw', () => {
    const damaged = fc
      .tuple(fc.nat(body.length - 1), fc.nat(255))
      .map(([at, byte]) => pem(Buffer.concat([body.subarray(0, at), Buffer.of(byte), body.subarray(at + 1)])));
    fc.assert(
      fc.property(fc.oneof(fc.string(), damaged), (text) => {
        const result = readCertificate(text);
        if (result.ok) expect(Number.isFinite(result.value.not_after)).toBe(true);
      }),
    );
  });
});

describe('source_certificate and source_principal', () => {
  const certificate = issue([['dns', 'a.example']]);

  test('are absent when Envoy says nothing of them', () => {
    expect(sourceMembers(undefined, 'parsed')).toEqual({ ok: true, value: {} });
    expect(sourceMembers({ principal: '', certificate: '' }, 'parsed')).toEqual({ ok: true, value: {} });
  });

  test('the certificate is what was read, or nothing but the error', () => {
    expect(sourceMembers({ certificate }, 'parsed')).toMatchObject({
      value: { source_certificate: { subject: 'CN=client' } },
    });
    expect(sourceMembers({ certificate: 'x' }, 'parsed')).toEqual({
      ok: true,
      value: { source_certificate: { error: 'encoding_invalid' } },
    });
  });

  test.each(['good.example\0.evil.example', 'a\nb', 'a\x7f', 'a\u0085'])('the principal %o is refused', (principal) => {
    expect(sourceMembers({ principal }, 'parsed')).toMatchObject({ ok: false, error: { reason: 'principal_invalid' } });
  });

  test('switched off, there is the principal and no more', () => {
    const principal = 'good.example\0.evil.example';
    expect(sourceMembers({ principal, certificate }, 'off')).toEqual({
      ok: true,
      value: { source_principal: principal },
    });
  });
});

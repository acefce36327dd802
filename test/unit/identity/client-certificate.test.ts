import { describe, expect, test } from 'vitest';
import { fail, ok } from '../../../src/errors/result.js';
import { createClientCertificateSource } from '../../../src/identity/certificate/client-certificate.js';
import { apart, encodings, peer, requestWith } from './request.js';

const id = 'spiffe://example.org/ns/shop/sa/web';
const options = {
  from: 'peer' as const,
  trusted_peers: [] as string[],
  trust_domains: ['example.org'],
  callers: [
    { spiffe_id: id, roles: ['reader', 'web'] },
    { spiffe_id: 'spiffe://example.org/ns/shop/*', roles: ['shop', 'reader'] },
    { spiffe_id: 'spiffe://example.org/ns/shopping', roles: ['ADMIN_ROLE'] },
    { spiffe_id: 'spiffe://evil.example/*', roles: ['ADMIN_ROLE'] },
  ],
};
const direct = createClientCertificateSource(options);
const behind = createClientCertificateSource({ ...options, from: 'xfcc', trusted_peers: ['10.0.0.0/8'] });
const identified = (subject: string, roles: string[]) => ({
  kind: 'identified',
  identity: { source: 'client-certificate', subject, roles },
});
const invalid = (reason: string) => ({ kind: 'invalid', error: { source: 'client-certificate', reason } });
const foreign = { kind: 'foreign', error: { source: 'client-certificate', reason: 'untrusted_certificate' } };
const withPrincipal = (principal: string) => requestWith({ peer: { ...peer('10.0.0.1'), principal } });

describe("Envoy's own peer", () => {
  test('A-47 is identified by the SPIFFE ID of its certificate, with the roles of all entries that match', () => {
    expect(direct.identify(withPrincipal(id), 0)).toEqual(identified(id, ['reader', 'web', 'shop']));
    expect(direct.identify(withPrincipal('spiffe://example.org/ns/shop/sa/api'), 0)).toMatchObject({
      identity: { roles: ['shop', 'reader'] },
    });
    expect(direct.identify(withPrincipal('spiffe://example.org/other'), 0)).toMatchObject({ identity: { roles: [] } });
    expect(direct.identify(withPrincipal('spiffe://example.org/ns/shop'), 0)).toMatchObject({
      identity: { roles: [] },
    });
  });

  test('without a certificate is anonymous', () => {
    expect(direct.identify(requestWith({}), 0)).toEqual({ kind: 'anonymous' });
  });

  test('of another trust domain is refused', () => {
    for (const other of ['spiffe://evil.example/ns/shop/sa/web', 'spiffe://example.org.evil.example/ns/shop/sa/web']) {
      expect(direct.identify(withPrincipal(other), 0)).toEqual(invalid('untrusted_certificate'));
    }
  });

  test('CVE-2026-47778 with what only looks like a SPIFFE ID is left to other sources', () => {
    for (const principal of [
      `${id}\u0000.evil.example`,
      `${id}/../../admin`,
      `${id}?x`,
      'CN=spiffe://example.org/ns/shop/sa/web',
      'SPIFFE://example.org/ns/shop/sa/web',
      'spiffe://user@example.org/ns/shop/sa/web',
      'spiffe://example.org:443/ns/shop/sa/web',
      'web.example.org',
    ]) {
      expect(direct.identify(withPrincipal(principal), 0)).toEqual(foreign);
    }
  });

  test('is judged by its certificate where Envoy sends it, and not by the principal', () => {
    const sent = (spiffe: ReturnType<ReturnType<typeof peer>['spiffeId']>) =>
      direct.identify(requestWith({ peer: { address: '10.0.0.1', principal: id, spiffeId: () => spiffe } }), 0);
    expect(sent(ok('spiffe://example.org/other'))).toMatchObject({
      identity: { subject: 'spiffe://example.org/other' },
    });
    // Two URIs, of which Envoy took the first for the principal.
    expect(sent(ok(undefined))).toEqual(foreign);
    expect(sent(fail('san_invalid'))).toEqual(invalid('untrusted_certificate'));
  });

  test('cannot name itself by the header', () => {
    expect(direct.identify(apart(['x-forwarded-client-cert', `URI=${id}`]), 0)).toEqual({ kind: 'anonymous' });
  });
});

describe.each(encodings)('behind a proxy, in the encoding %s', (_, request) => {
  const from = (address: string | undefined, ...lines: string[]) =>
    requestWith({
      ...request(...lines.map((line) => ['x-forwarded-client-cert', line] as const)),
      peer: peer(address),
    });

  test('the peer of the trusted proxy is identified', () => {
    const line = `By=spiffe://example.org/proxy;Hash=ab12;Subject="/C=US,O=\\"x;URI=y\\"";URI=${id};DNS=a;DNS=b`;
    expect(behind.identify(from('10.0.0.1', line), 0)).toEqual(identified(id, ['reader', 'web', 'shop']));
  });

  test('A-55 the header of anyone else is refused', () => {
    for (const address of ['192.0.2.1', '11.0.0.1', undefined]) {
      expect(behind.identify(from(address, `URI=${id}`), 0)).toEqual(invalid('untrusted_peer'));
    }
  });

  test.each([
    [`URI=${id},URI=${id}`, 'ambiguous_credential'],
    [`URI=spiffe://example.org/a,By=x;URI=${id}`, 'ambiguous_credential'],
    [`URI=${id};URI=spiffe://example.org/admin`, 'untrusted_certificate'],
    // The name in the certificate is its owner's choice.
    [`Hash=ab;Subject="CN=x;URI=${id}"`, 'untrusted_certificate'],
    [`Hash=ab;Subject="CN=x\\";URI=${id}"`, 'untrusted_certificate'],
    ['Hash=ab', 'untrusted_certificate'],
    ['URI=https://example.org/', 'untrusted_certificate'],
    ['URI=spiffe://evil.example/a', 'untrusted_certificate'],
    ['', 'malformed_credential'],
    [`URI="${id}`, 'malformed_credential'],
    [`URI=${id};`, 'malformed_credential'],
    [`Subject=a"b;URI=${id}`, 'malformed_credential'],
  ])('%j is refused: %s', (line, reason) => {
    expect(behind.identify(from('10.0.0.1', line), 0)).toEqual(invalid(reason));
  });

  test('two lines are refused', () => {
    expect(behind.identify(from('10.0.0.1', `URI=${id}`, `URI=${id}`), 0)).toEqual(invalid('ambiguous_credential'));
  });

  test('without the header there is nobody', () => {
    expect(behind.identify(from('10.0.0.1'), 0)).toEqual({ kind: 'anonymous' });
  });
});

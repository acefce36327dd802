import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AlternativeName, createAuthority, type LeafOptions } from '../../support/certificates.js';
import { type SeenInputOptions, useSeenInput } from './support/seen-input.js';
import { askTls, type TlsListener, terminateTls } from './support/tls.js';

const serverAuthority = createAuthority('Server CA');
const clientAuthority = createAuthority('Client CA');
const otherAuthority = createAuthority('Other CA');
const ca = serverAuthority.cert;

function overTls(options: Omit<TlsListener, 'server'>, config: SeenInputOptions['config'] = {}) {
  return useSeenInput({
    config,
    change: (gateway) => {
      terminateTls(gateway, { server: serverAuthority.issue('gateway'), ...options });
      gateway.extAuthz['include_peer_certificate'] = true;
      for (const log of gateway.connectionManager.access_log) {
        Object.assign(log.typed_config.log_format.json_format, {
          subject: '%DOWNSTREAM_PEER_SUBJECT%',
          serial: '%DOWNSTREAM_PEER_SERIAL%',
          fingerprint: '%DOWNSTREAM_PEER_FINGERPRINT_256%',
        });
      }
    },
  });
}

function client(commonName: string, names: readonly AlternativeName[], options: LeafOptions = {}) {
  return { ca, credential: clientAuthority.issue(commonName, { ...options, names }) };
}

describe('mutual TLS', () => {
  const stack = overTls({ clientAuthority: clientAuthority.cert, requireClientCertificate: true });

  test('A12 the principal is the first URI, before any DNS name', async () => {
    const { input } = await askTls(
      stack(),
      client('cars', [
        ['dns', 'cars.example'],
        ['uri', 'spiffe://example.org/cars'],
      ]),
    );
    expect(input.source_principal).toBe('spiffe://example.org/cars');
    expect(input.attributes.source.principal).toBe('spiffe://example.org/cars');
    expect(input.source_certificate.spiffe_id).toBe('spiffe://example.org/cars');
    expect(input.attributes.destination.principal).toBe('localhost');
  });

  test('A12 else the first DNS name', async () => {
    const { input } = await askTls(
      stack(),
      client('cars', [
        ['dns', 'cars.example'],
        ['dns', 'other.example'],
      ]),
    );
    expect(input.source_principal).toBe('cars.example');
    expect(input.source_certificate).not.toHaveProperty('spiffe_id');
    expect(input.source_certificate.sans.dns).toEqual(['cars.example', 'other.example']);
  });

  test('A12 else the subject, as the certificate member writes it too', async () => {
    const subject = [
      ['C', 'DE'],
      ['O', 'Example, Inc. + Co'],
    ] as const;
    const { input, log } = await askTls(stack(), client('cars', [], { subject }));
    expect(input.source_principal).toBe('CN=cars,O=Example\\, Inc. \\+ Co,C=DE');
    expect(input.source_certificate.subject).toBe(input.source_principal);
    expect(log['subject']).toBe(input.source_principal);
  });

  test('A12 two URIs: Envoy takes the first for the principal, there is no SPIFFE ID', async () => {
    const { input } = await askTls(
      stack(),
      client('cars', [
        ['uri', 'spiffe://example.org/cars'],
        ['uri', 'spiffe://example.org/admin'],
      ]),
    );
    expect(input.source_principal).toBe('spiffe://example.org/cars');
    expect(input.source_certificate).not.toHaveProperty('spiffe_id');
    expect(input.source_certificate.sans.uri).toEqual(['spiffe://example.org/cars', 'spiffe://example.org/admin']);
  });

  test('A12 a NUL in the name that becomes the principal (CVE-2026-47778) is refused with 400', async () => {
    const { input, echo, log } = await askTls(stack(), client('cars', [['dns', 'good.example\0.evil.example']]));
    expect(log).toMatchObject({ status: 400, details: 'ext_authz_denied' });
    expect([input, echo]).toEqual([undefined, undefined]);
  });

  test('A14 a NUL in another name: nothing of the certificate is shown', async () => {
    const names: AlternativeName[] = [
      ['uri', 'spiffe://example.org/cars'],
      ['dns', 'good.example\0.evil.example'],
    ];
    const { input } = await askTls(stack(), client('cars', names));
    expect(input.source_principal).toBe('spiffe://example.org/cars');
    expect(input.source_certificate).toEqual({ error: 'san_invalid' });
  });

  test('A14 the certificate is URL-encoded PEM of the leaf, and parsed beside it', async () => {
    const names: AlternativeName[] = [
      ['uri', 'spiffe://example.org/cars'],
      ['ip', Buffer.of(192, 0, 2, 7)],
      ['email', 'cars@example.org'],
    ];
    const asking = client('cars', names);
    const { input, log } = await askTls(stack(), asking);
    const leaf = new X509Certificate(decodeURIComponent(input.attributes.source.certificate));
    expect(leaf.raw).toEqual(new X509Certificate(asking.credential.cert).raw);
    expect(input.source_certificate).toEqual({
      subject: 'CN=cars',
      issuer: 'CN=Client CA',
      serial: log['serial'],
      not_before: Date.parse(leaf.validFrom) / 1000,
      not_after: Date.parse(leaf.validTo) / 1000,
      fingerprint_sha256: log['fingerprint'],
      sans: { dns: [], uri: ['spiffe://example.org/cars'], ip: ['192.0.2.7'], email: ['cars@example.org'] },
      spiffe_id: 'spiffe://example.org/cars',
    });
  });

  test('A13 a certificate of another authority is refused in the handshake, without a check', async () => {
    const before = await stack().checks();
    const credential = otherAuthority.issue('cars', { names: [['uri', 'spiffe://example.org/cars']] });
    await expect(askTls(stack(), { ca, credential })).rejects.toThrow();
    await expect(askTls(stack(), { ca })).rejects.toThrow();
    expect(await stack().checks()).toEqual(before);
  });

  test('A15 the name of the TLS session is not the host', async () => {
    const { input } = await askTls(stack(), {
      ...client('cars', []),
      headers: { host: 'other.example' },
    });
    expect(input.attributes.tlsSession).toEqual({ sni: 'localhost' });
    expect(input.attributes.request.http).toMatchObject({ host: 'other.example', scheme: 'https' });
  });
});

describe('TLS that lets in untrusted certificates', () => {
  const stack = overTls({ clientAuthority: clientAuthority.cert, acceptUntrusted: true });

  test('A13 the principal is whatever the client wrote there: it proves nothing by itself', async () => {
    const credential = otherAuthority.issue('cars', { names: [['uri', 'spiffe://example.org/cars']] });
    const { input } = await askTls(stack(), { ca, credential });
    expect(input.source_principal).toBe('spiffe://example.org/cars');
    expect(input.source_certificate).toMatchObject({
      issuer: 'CN=Other CA',
      spiffe_id: 'spiffe://example.org/cars',
    });
    expect(input).not.toHaveProperty('identity');
  });

  test('A13 A14 without a certificate there is neither principal nor certificate', async () => {
    const { input } = await askTls(stack(), { ca });
    expect(input).not.toHaveProperty('source_principal');
    expect(input).not.toHaveProperty('source_certificate');
    expect(input.attributes.source).not.toHaveProperty('certificate');
  });
});

describe('input.certificates: off', () => {
  const stack = overTls({ clientAuthority: clientAuthority.cert }, { input: { certificates: 'off' } });

  test('A12 what Envoy makes of a NUL: the principal has it too', async () => {
    const { input } = await askTls(stack(), client('cars', [['dns', 'good.example\0.evil.example']]));
    expect(input.source_principal).toBe('good.example\0.evil.example');
  });

  test('A14 leaves the certificate as the text it is', async () => {
    const { input } = await askTls(stack(), client('cars', []));
    expect(input.attributes.source.certificate).toMatch(/^-----BEGIN%20CERTIFICATE-----%0A/);
    expect(input).not.toHaveProperty('source_certificate');
  });
});

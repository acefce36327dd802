import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import { isSpiffeId } from '../../identity/certificate/spiffe-id.js';
import { type AlternativeNames, readAlternativeNames } from './certificate-names.js';
import { distinguishedName } from './distinguished-name.js';

/** A certificate as the policy sees it. Nothing here says that anyone has verified it. */
export interface Certificate {
  /** As RFC 2253 writes it, such as `CN=client,O=Example`; empty when there is none. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal, lower case. */
  readonly serial: string;
  /** Seconds since 1970. */
  readonly not_before: number;
  /** Seconds since 1970. */
  readonly not_after: number;
  /** Of the whole certificate: hexadecimal, lower case, without colons. */
  readonly fingerprint_sha256: string;
  readonly sans: AlternativeNames;
  /** The only URI of `sans`, if it is a SPIFFE ID and the certificate may not issue others. */
  readonly spiffe_id?: string;
}

/** Why a certificate is not shown: `source_certificate.error`. */
export const certificateFaults = [
  'too_large',
  'encoding_invalid',
  'certificate_invalid',
  'san_invalid',
  'san_too_many',
] as const;

export type CertificateFault = (typeof certificateFaults)[number];

/** Far beyond any leaf certificate; URL encoding included. */
const longest = 64 * 1024;

const onePem = /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----(?:\r?\n)?$/;

/**
 * Reads the leaf certificate that Envoy sends with `include_peer_certificate`. Whoever connects chose
 * what stands in it, so what could be taken for something else is a fault and no part of it is shown.
 *
 * @param encoded PEM, URL-encoded
 */
export function readCertificate(encoded: string): Result<Certificate, CertificateFault> {
  if (encoded.length > longest) return fail('too_large');
  const der = decode(encoded);
  if (der === undefined) return fail('encoding_invalid');
  const parsed = parse(der);
  if (parsed === undefined) return fail('certificate_invalid');
  const names = readAlternativeNames(parsed.subjectAltName ?? '');
  if (!names.ok) return names;
  return describe(parsed, names.value);
}

function decode(encoded: string): Buffer | undefined {
  try {
    const [, base64] = onePem.exec(decodeURIComponent(encoded)) ?? [];
    return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  } catch {
    return undefined;
  }
}

/** OpenSSL takes bytes behind the certificate for nothing; they would make another fingerprint of the same one. */
function parse(der: Buffer): X509Certificate | undefined {
  try {
    const parsed = new X509Certificate(der);
    return parsed.raw.equals(der) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function describe(parsed: X509Certificate, sans: AlternativeNames): Result<Certificate, CertificateFault> {
  const notBefore = Date.parse(parsed.validFrom) / 1000;
  const notAfter = Date.parse(parsed.validTo) / 1000;
  if (!Number.isFinite(notBefore) || !Number.isFinite(notAfter)) return fail('certificate_invalid');
  return ok({
    subject: distinguishedName(parsed.subject),
    issuer: distinguishedName(parsed.issuer),
    serial: parsed.serialNumber.toLowerCase(),
    not_before: notBefore,
    not_after: notAfter,
    fingerprint_sha256: parsed.fingerprint256.replaceAll(':', '').toLowerCase(),
    sans,
    ...spiffeId(parsed, sans),
  });
}

/** The X.509-SVID standard: exactly one URI, on a certificate that is no authority. */
function spiffeId({ ca }: X509Certificate, { uri }: AlternativeNames): { spiffe_id?: string } {
  const [id] = uri;
  return id !== undefined && uri.length === 1 && !ca && isSpiffeId(id) ? { spiffe_id: id } : {};
}

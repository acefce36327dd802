import type { Config } from '../../config/schema.js';
import type { Peer } from '../../envoy/attributes.js';
import { ok, type Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import { readCertificate } from '../certificate/certificate.js';
import { type RequestRefusal, refuse } from './request-refusal.js';

/**
 * `source_principal` and `source_certificate`; each is undefined when Envoy said nothing of it.
 *
 * Envoy passes on a NUL in the name of which it makes the principal. A rule that looks how the
 * principal begins would take `good.example\0.evil.example` for another (CVE-2026-47778), so with
 * `parsed` such a request is refused.
 */
export function sourceMembers(
  source: Peer | undefined,
  mode: Config['input']['certificates'],
): Result<JsonObject, RequestRefusal> {
  const principal = source?.principal || undefined;
  if (mode === 'off') return ok({ source_principal: principal });
  if (principal !== undefined && /\p{Cc}/u.test(principal)) {
    return refuse('principal_invalid', 'the principal has a control character');
  }
  return ok({ source_principal: principal, source_certificate: certificateMember(source?.certificate) });
}

/** What stands in the certificate, or `error` alone, so that a rule that asks for one of its members finds none. */
function certificateMember(encoded: string | undefined): JsonObject | undefined {
  if (encoded === undefined || encoded === '') return undefined;
  const certificate = readCertificate(encoded);
  return certificate.ok ? { ...certificate.value, sans: { ...certificate.value.sans } } : { error: certificate.error };
}

import type { Attributes, Peer } from '../envoy/attributes.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { IdentityPeer, IdentityRequest } from '../identity/source.js';
import { readCertificate } from './certificate/certificate.js';
import type { HeaderView } from './input/headers.js';

/**
 * What identity sources may see of a request.
 *
 * @param deadline on the clock of `performance.now()`
 */
export function identityRequest(
  attributes: Attributes | undefined,
  headers: HeaderView,
  deadline: number,
): IdentityRequest {
  return {
    values: headers.values,
    peer: identityPeer(attributes?.source),
    metadata: (namespace) => attributes?.metadataContext?.filterMetadata?.[namespace],
    deadline,
  };
}

function identityPeer(source: Peer | undefined): IdentityPeer {
  return {
    address: source?.address?.socketAddress?.address,
    principal: source?.principal || undefined,
    spiffeId: () => (source?.certificate ? spiffeIdOf(source.certificate) : undefined),
  };
}

function spiffeIdOf(encoded: string): Result<string | undefined> {
  const certificate = readCertificate(encoded);
  return certificate.ok ? ok(certificate.value.spiffe_id) : fail(certificate.error);
}

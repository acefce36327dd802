import type { Config } from '../../config/schema.js';
import { anonymous, foreign, invalid } from '../finding.js';
import type { Finding, IdentityRequest, IdentitySource } from '../source.js';
import { trustedPeers } from '../trusted-peers.js';
import { isSpiffeId, trustDomainOf } from './spiffe-id.js';
import { readXfcc } from './xfcc.js';

const kind = 'client-certificate';
const header = 'x-forwarded-client-cert';

export type ClientCertificateOptions = Omit<
  Extract<Config['identity']['sources'][number], { kind: 'client-certificate' }>,
  'kind'
>;

/** Whoever is connected with a client certificate, by the SPIFFE ID in it. */
export function createClientCertificateSource(options: ClientCertificateOptions): IdentitySource {
  const isTrusted = trustedPeers(options.trusted_peers);
  const domains = new Set(options.trust_domains);
  const identify = (id: string): Finding => {
    if (!domains.has(trustDomainOf(id))) return invalid(kind, 'untrusted_certificate');
    return { kind: 'identified', identity: { source: kind, subject: id, roles: rolesOf(id, options.callers) } };
  };
  return {
    kind,
    credentials: { headers: options.from === 'xfcc' ? [header] : [], cookies: [] },
    identify: (request) =>
      options.from === 'peer' ? fromPeer(request, identify) : fromHeader(request, isTrusted, identify),
  };
}

/**
 * A certificate without a SPIFFE ID is left to other sources: it may be the credential of a proxy. Without the
 * certificate itself the principal has to do, of which Envoy made the first URI only.
 */
function fromPeer({ peer }: IdentityRequest, identify: (id: string) => Finding): Finding {
  const certified = peer.spiffeId();
  if (certified !== undefined) {
    if (!certified.ok) return invalid(kind, 'untrusted_certificate');
    return certified.value === undefined ? foreign(kind, 'untrusted_certificate') : identify(certified.value);
  }
  if (peer.principal === undefined) return anonymous;
  return isSpiffeId(peer.principal) ? identify(peer.principal) : foreign(kind, 'untrusted_certificate');
}

function fromHeader(
  request: IdentityRequest,
  isTrusted: ReturnType<typeof trustedPeers>,
  identify: (id: string) => Finding,
): Finding {
  const [line, second] = request.values(header);
  if (line === undefined) return anonymous;
  if (!isTrusted(request.peer)) return invalid(kind, 'untrusted_peer');
  const elements = readXfcc(line);
  if (!elements.ok) return invalid(kind, 'malformed_credential');
  const [element, another] = elements.value;
  // Each proxy on the way adds one; only that of the proxy we trust says who is connected to it.
  if (element === undefined || another !== undefined || second !== undefined)
    return invalid(kind, 'ambiguous_credential');
  const [id, other] = element.get('uri') ?? [];
  return id !== undefined && other === undefined && isSpiffeId(id)
    ? identify(id)
    : invalid(kind, 'untrusted_certificate');
}

function rolesOf(id: string, callers: ClientCertificateOptions['callers']): readonly string[] {
  const roles = callers.flatMap(({ spiffe_id, roles: given }) => (matches(id, spiffe_id) ? given : []));
  return [...new Set(roles)];
}

function matches(id: string, pattern: string): boolean {
  return pattern.endsWith('/*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}

import { underscoreAlias } from '../config/header-alias.js';
import type { Config } from '../config/schema.js';
import { invalid } from './finding.js';
import type { IdentitySource } from './source.js';
import { trustedPeers } from './trusted-peers.js';

const kind = 'trusted-header';

export type TrustedHeaderOptions = Omit<
  Extract<Config['identity']['sources'][number], { kind: 'trusted-header' }>,
  'kind'
>;

/**
 * Believes headers of declared peers. Safe only where each of them removes these headers from what its
 * clients send and sets them itself: whoever reaches Envoy could otherwise give himself any role.
 */
export function createTrustedHeaderSource(options: TrustedHeaderOptions): IdentitySource {
  const { subject: subjectName, roles: rolesName } = options;
  const alias = options.underscore_alias ? underscoreAlias(rolesName) : undefined;
  const isTrusted = options.unsafe_any_peer ? () => true : trustedPeers(options.trusted_peers);
  const headers = [rolesName, alias, subjectName].filter((name) => name !== undefined);
  return {
    kind,
    credentials: { headers, cookies: [] },
    identify(request) {
      const rolesLines = request.values(rolesName);
      const aliasLines = alias === undefined ? [] : request.values(alias);
      const subjectLines = subjectName === undefined ? [] : request.values(subjectName);
      const none = rolesLines.length + aliasLines.length + subjectLines.length === 0;
      if (none) return { kind: 'anonymous' };
      if (!isTrusted(request.peer)) return invalid(kind, 'untrusted_peer');
      // Whoever removes one spelling from what clients send may have forgotten the other.
      if (rolesLines.length > 0 && aliasLines.length > 0) return invalid(kind, 'ambiguous_credential');
      // Envoy may have joined two lines: a second user name must not hide behind the comma.
      if (subjectLines.length > 1 || subjectLines[0]?.includes(',')) return invalid(kind, 'ambiguous_credential');
      const subject = trim(subjectLines[0] ?? '');
      const roles = splitRoles([...rolesLines, ...aliasLines]);
      if (subject === '' && roles.length === 0) return { kind: 'anonymous' };
      return { kind: 'identified', identity: { source: kind, subject, roles } };
    },
  };
}

function splitRoles(lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => line.split(','))
    .map(trim)
    .filter((role) => role !== '');
}

/** Only what HTTP calls optional white space: `trim()` would make other characters of a role disappear too. */
function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

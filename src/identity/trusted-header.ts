import { underscoreAlias } from '../config/header-alias.js';
import type { Finding, IdentitySource } from './source.js';

const kind = 'trusted-header';

export interface TrustedHeaderNames {
  /** Lower-case name of the header that carries the user name. */
  readonly subject?: string | undefined;
  /** Lower-case name of the header that carries the roles. */
  readonly roles: string;
  /** Accept the roles header in its other spelling too. */
  readonly underscore_alias: boolean;
}

/**
 * Believes headers. Safe only where something in front removes them from what clients send and
 * sets them itself: whoever reaches Envoy could otherwise give himself any role.
 */
export function createTrustedHeaderSource(names: TrustedHeaderNames): IdentitySource {
  const alias = names.underscore_alias ? underscoreAlias(names.roles) : undefined;
  return {
    kind,
    identify(request) {
      const rolesLines = request.values(names.roles);
      const aliasLines = alias === undefined ? [] : request.values(alias);
      // Whoever removes one spelling from what clients send may have forgotten the other.
      if (rolesLines.length > 0 && aliasLines.length > 0) return ambiguous;
      const subjectLines = names.subject === undefined ? [] : request.values(names.subject);
      // Envoy may have joined two lines: a second user name must not hide behind the comma.
      if (subjectLines.length > 1 || subjectLines[0]?.includes(',')) return ambiguous;
      const subject = trim(subjectLines[0] ?? '');
      const roles = splitRoles([...rolesLines, ...aliasLines]);
      if (subject === '' && roles.length === 0) return { kind: 'anonymous' };
      return { kind: 'identified', identity: { source: kind, subject, roles } };
    },
  };
}

const ambiguous: Finding = { kind: 'invalid', error: { source: kind, reason: 'ambiguous_credential' } };

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

import type { Conflict } from './conflict.js';
import { underscoreAlias } from './header-alias.js';
import type { Config } from './schema.js';

/** Identity sources that are valid each and impossible together. */
export function identityConflicts({ identity: { sources } }: Config): Conflict[] {
  const firstTokenFile = sources.findIndex(({ kind }) => kind === 'token-file');
  return sources.flatMap((source, index): Conflict[] => {
    const path = ['identity', 'sources', index];
    if (source.kind === 'token-file') {
      if (index === firstTokenFile) return [];
      return [{ path, because: 'a second token-file is never asked: a token unknown to the first is refused' }];
    }
    const conflicts: Conflict[] = [...trustConflicts(source, path)];
    const alias = underscoreAlias(source.roles);
    if (source.subject === source.roles) {
      conflicts.push({ path: [...path, 'subject'], because: 'roles names the same header' });
    }
    if (source.underscore_alias && (alias === source.roles || alias === source.subject)) {
      conflicts.push({
        path: [...path, 'underscore_alias'],
        because: 'the other spelling of the roles header is not another header',
      });
    }
    return conflicts;
  });
}

type TrustedHeader = Extract<Config['identity']['sources'][number], { kind: 'trusted-header' }>;

/** Whoever believes headers says whose: no default can know it. */
function trustConflicts({ trusted_peers, unsafe_any_peer }: TrustedHeader, path: readonly PropertyKey[]): Conflict[] {
  if (unsafe_any_peer && trusted_peers.length > 0) {
    return [{ path: [...path, 'unsafe_any_peer'], because: 'with it nobody looks at trusted_peers' }];
  }
  if (unsafe_any_peer || trusted_peers.length > 0) return [];
  const because =
    'says nothing about whose headers are believed; set trusted_peers to the addresses of the hop in front of Envoy, or unsafe_any_peer to true';
  return [{ path, because }];
}

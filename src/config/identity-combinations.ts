import { assertNever } from '../errors/assert-never.js';
import type { Conflict } from './conflict.js';
import { underscoreAlias } from './header-alias.js';
import type { Config } from './schema.js';

/** Identity sources that are valid each and impossible together. */
export function identityConflicts({ identity: { sources, forward } }: Config): Conflict[] {
  return [
    ...forwardConflicts(forward),
    ...unreachableSources(sources),
    ...sources.flatMap((source, index) => conflictsOf(source, index)),
  ];
}

/** What belongs to the connection or to the routing of a request, and is not ours to set. */
const notOurs: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'cookie',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function forwardConflicts({ headers, token }: Config['identity']['forward']): Conflict[] {
  const told: [path: string[], name: string][] = Object.entries(headers).flatMap(([member, name]) =>
    name === undefined ? [] : [[['headers', member], name]],
  );
  if (token !== undefined) told.push([['token', 'header'], token.header]);
  const names = told.map(([, name]) => name);
  return told.flatMap(([path, name], index): Conflict[] => {
    const place = ['identity', 'forward', ...path];
    if (notOurs.has(name) || name.startsWith('x-envoy-'))
      return [{ path: place, because: `${name} is not ours to set` }];
    return names.indexOf(name) === index ? [] : [{ path: place, because: 'another member has this header' }];
  });
}

type Source = Config['identity']['sources'][number];

/** Those that look at the bearer token. */
const bearerKinds: readonly Source['kind'][] = ['redis-session', 'jwt', 'envoy-jwt', 'introspection', 'token-file'];

/** Those to which every bearer token is one of theirs, known or not. */
const greedyKinds: readonly Source['kind'][] = ['introspection', 'token-file'];

/** What comes after a source that takes every bearer token for its own is never asked for one. */
function unreachableSources(sources: readonly Source[]): Conflict[] {
  const greedy = sources.findIndex(({ kind }) => greedyKinds.includes(kind));
  if (greedy < 0) return [];
  const because = `is never asked: sources[${greedy}], ${sources[greedy]?.kind}, refuses each bearer token that it does not know; let it stand last`;
  return sources.flatMap(({ kind }, index) =>
    index > greedy && bearerKinds.includes(kind) ? [{ path: ['identity', 'sources', index], because }] : [],
  );
}

function conflictsOf(source: Source, index: number): Conflict[] {
  const path = ['identity', 'sources', index];
  switch (source.kind) {
    case 'token-file':
    case 'jwt':
    case 'envoy-jwt':
    case 'introspection':
      return [];
    case 'client-certificate':
      return certificateConflicts(source, path);
    case 'api-key':
      return apiKeyConflicts(source, path);
    case 'trusted-header':
      return [...trustConflicts(source, path), ...headerConflicts(source, path)];
    case 'redis-session':
      return redisConflicts(source.redis, [...path, 'redis']);
    default:
      return assertNever(source);
  }
}

function headerConflicts(source: TrustedHeader, path: readonly PropertyKey[]): Conflict[] {
  const conflicts: Conflict[] = [];
  const alias = underscoreAlias(source.roles);
  if (source.subject === source.roles) {
    conflicts.push({ path: [...path, 'subject'], because: 'roles names the same header' });
  }
  if (source.underscore_alias && (alias === source.roles || alias === source.subject)) {
    const because = 'the other spelling of the roles header is not another header';
    conflicts.push({ path: [...path, 'underscore_alias'], because });
  }
  return conflicts;
}

function certificateConflicts(
  { from, trusted_peers }: Extract<Source, { kind: 'client-certificate' }>,
  path: readonly PropertyKey[],
): Conflict[] {
  if (from === 'peer' && trusted_peers.length > 0) {
    return [{ path: [...path, 'trusted_peers'], because: 'only from xfcc a proxy has to be trusted' }];
  }
  if (from === 'xfcc' && trusted_peers.length === 0) {
    return [
      { path: [...path, 'from'], because: 'anyone could write that header; set trusted_peers to the proxy that does' },
    ];
  }
  return [];
}

function apiKeyConflicts(
  { file, keys, redis }: Extract<Source, { kind: 'api-key' }>,
  path: readonly PropertyKey[],
): Conflict[] {
  if (file === undefined && redis === undefined)
    return [{ path, because: 'says nowhere to look: set file, or redis and keys' }];
  if (file !== undefined && redis !== undefined)
    return [{ path: [...path, 'redis'], because: 'file says where to look' }];
  if (redis === undefined)
    return keys === undefined ? [] : [{ path: [...path, 'keys'], because: 'only redis needs it' }];
  if (keys === undefined) return [{ path: [...path, 'redis'], because: 'needs keys, the file of the HMAC keys' }];
  return redisConflicts(redis, [...path, 'redis']);
}

type Redis = Extract<Source, { kind: 'redis-session' }>['redis'];

function redisConflicts(redis: Redis, path: readonly PropertyKey[]): Conflict[] {
  const { mode, nodes, sentinel_name, database, tls } = redis;
  const conflicts: Conflict[] = [];
  const add = (name: string, because: string) => conflicts.push({ path: [...path, name], because });
  if (mode === 'single' && nodes.length > 1) add('nodes', 'mode single has one node; sentinel and cluster have more');
  if (mode !== 'single' && nodes.some(isSocket)) add('nodes', `a Unix socket is no node of a ${mode}`);
  if (mode === 'sentinel' && sentinel_name === undefined) add('sentinel_name', 'mode sentinel needs it');
  if (mode !== 'sentinel' && sentinel_name !== undefined) add('sentinel_name', 'only mode sentinel has it');
  if (mode === 'cluster' && database !== 0) add('database', 'a cluster has only the database 0');
  if (tls !== undefined && nodes.some(isSocket)) add('tls', 'a Unix socket is reached without TLS');
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    add('tls', 'a certificate needs its key, and a key its certificate');
  return conflicts;
}

function isSocket(node: string): boolean {
  return node.startsWith('unix:');
}

type TrustedHeader = Extract<Source, { kind: 'trusted-header' }>;

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

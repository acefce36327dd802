import { readFile as readFileFromDisk } from 'node:fs/promises';
import { type ReadFile, readYaml } from '../config/load.js';
import type { ConfigProblem } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { assertNever } from '../errors/assert-never.js';
import { fail, ok, type Result } from '../errors/result.js';
import { createClientCertificateSource } from './certificate/client-certificate.js';
import { loadIntrospection } from './introspection/load-introspection.js';
import { createEnvoyJwtSource } from './jwt/envoy-jwt.js';
import type { IdentitySource } from './source.js';
import { createTokenFileSource } from './token-file.js';
import { readTokenList } from './token-list.js';
import { createTrustedHeaderSource } from './trusted-header.js';

/** Makes a source whose files have been read; from then on it has to be closed. */
export type OpenSource = () => IdentitySource;

type SourceConfig = Config['identity']['sources'][number];

/**
 * Makes the configured sources, reading the files they need. Called again on SIGHUP: the sources
 * it made before stay as they are, so that a bad file leaves them serving. None is opened unless all can be.
 */
export async function loadSources(
  identity: Pick<Config['identity'], 'sources'>,
  readFile: ReadFile = (path) => readFileFromDisk(path, 'utf8'),
): Promise<Result<IdentitySource[], ConfigProblem[]>> {
  const loaded = await Promise.all(identity.sources.map((source) => loadSource(source, readFile)));
  const problems = loaded.flatMap((result) => (result.ok ? [] : result.error));
  if (problems.length > 0) return fail(problems);
  const sources = loaded.flatMap((result) => (result.ok ? [result.value()] : []));
  await Promise.all(sources.map((source) => source.started));
  return ok(sources);
}

/** Ends what the sources started. */
export async function closeSources(sources: readonly IdentitySource[]): Promise<void> {
  await Promise.all(sources.map((source) => source.close?.()));
}

/** The clients of Redis and the JWT library are large: each is loaded only where a source needs it. */
async function loadSource(source: SourceConfig, readFile: ReadFile): Promise<Result<OpenSource, ConfigProblem[]>> {
  switch (source.kind) {
    case 'trusted-header':
      return ok(() => createTrustedHeaderSource(source));
    case 'token-file': {
      const document = await readYaml(source.file, readFile);
      if (!document.ok) return document;
      const tokens = readTokenList(source.file, document.value);
      return tokens.ok ? ok(() => createTokenFileSource(tokens.value)) : tokens;
    }
    case 'redis-session':
      return (await import('./redis/load-redis-session.js')).loadRedisSession(source, readFile);
    case 'jwt': {
      const { openJwtSource } = await import('./jwt/open-jwt.js');
      return ok(() => openJwtSource(source));
    }
    case 'envoy-jwt':
      return ok(() => createEnvoyJwtSource(source));
    case 'client-certificate':
      return ok(() => createClientCertificateSource(source));
    case 'introspection':
      return loadIntrospection(source, readFile);
    case 'api-key':
      return (await import('./load-api-keys.js')).loadApiKeys(source, readFile);
    default:
      return assertNever(source);
  }
}

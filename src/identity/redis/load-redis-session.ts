import { type ReadFile, readYaml } from '../../config/load.js';
import type { ConfigProblem } from '../../config/problem.js';
import type { Config } from '../../config/schema.js';
import { ok, type Result } from '../../errors/result.js';
import type { OpenSource } from '../load-sources.js';
import { readSecret } from '../read-secret.js';
import { type HmacKey, readHmacKeys } from './hmac-keys.js';
import type { RedisOptions, RedisSecrets } from './redis-client.js';
import { openRedisLink } from './redis-link.js';
import { createRedisSessionSource } from './redis-session.js';
import { createRedisStore, type RedisStore } from './redis-store.js';

type RedisSessionConfig = Extract<Config['identity']['sources'][number], { kind: 'redis-session' }>;

/** Reads the files of the source `redis-session`. */
export async function loadRedisSession(
  source: RedisSessionConfig,
  readFile: ReadFile,
): Promise<Result<OpenSource, ConfigProblem[]>> {
  const loaded = await loadRedis(source, readFile);
  if (!loaded.ok) return loaded;
  return ok(() => {
    const { keys, open } = loaded.value;
    const { store, started } = open();
    return { ...createRedisSessionSource(store, keys, source.cookie), started };
  });
}

export interface RedisParts {
  readonly redis: RedisOptions;
  readonly keys: string;
  readonly cache: RedisSessionConfig['cache'];
}

export interface LoadedRedis {
  readonly keys: readonly HmacKey[];
  readonly open: () => { readonly store: RedisStore; readonly started: Promise<void> };
}

/** Reads the keys and the secrets of a source that looks things up in Redis. */
export async function loadRedis(parts: RedisParts, readFile: ReadFile): Promise<Result<LoadedRedis, ConfigProblem[]>> {
  const document = await readYaml(parts.keys, readFile);
  if (!document.ok) return document;
  const keys = readHmacKeys(parts.keys, document.value);
  if (!keys.ok) return keys;
  const secrets = await readSecrets(parts.redis, readFile);
  if (!secrets.ok) return secrets;
  return ok({ keys: keys.value, open: () => openStore(parts, secrets.value) });
}

function openStore({ redis, cache }: RedisParts, secrets: RedisSecrets): ReturnType<LoadedRedis['open']> {
  let started = Promise.resolve();
  const store = createRedisStore({ ...redis, cache }, (revoked, missed) => {
    const link = openRedisLink(redis, secrets, { revoked, missed });
    started = link.started;
    return link;
  });
  return { store, started };
}

async function readSecrets(redis: RedisOptions, readFile: ReadFile): Promise<Result<RedisSecrets, ConfigProblem[]>> {
  const names = { password: redis.password_file, ca: redis.tls?.ca, cert: redis.tls?.cert, key: redis.tls?.key };
  const texts: Partial<Record<keyof typeof names, string>> = {};
  for (const [name, file] of Object.entries(names)) {
    if (file === undefined) continue;
    const text = await readSecret(file, readFile);
    if (!text.ok) return text;
    texts[name as keyof typeof names] = text.value;
  }
  const { password, ...tls } = texts;
  return ok({ password, ...(redis.tls !== undefined && { tls }) });
}

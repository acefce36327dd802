import { type ReadFile, readYaml } from '../config/load.js';
import type { ConfigProblem } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { ok, type Result } from '../errors/result.js';
import { createApiKeyFileSource, createApiKeyRedisSource } from './api-key.js';
import type { OpenSource } from './load-sources.js';
import { loadRedis } from './redis/load-redis-session.js';
import { readTokenList } from './token-list.js';

type ApiKeyConfig = Extract<Config['identity']['sources'][number], { kind: 'api-key' }>;

/** Reads the files of the source `api-key`. */
export async function loadApiKeys(
  source: ApiKeyConfig,
  readFile: ReadFile,
): Promise<Result<OpenSource, ConfigProblem[]>> {
  const { header, redis, keys, cache } = source;
  if (redis === undefined || keys === undefined) return loadFile(header, source.file ?? '', readFile);
  const loaded = await loadRedis({ redis, keys, cache }, readFile);
  if (!loaded.ok) return loaded;
  return ok(() => {
    const { store, started } = loaded.value.open();
    return { ...createApiKeyRedisSource(header, store, loaded.value.keys), started };
  });
}

async function loadFile(
  header: string,
  file: string,
  readFile: ReadFile,
): Promise<Result<OpenSource, ConfigProblem[]>> {
  const document = await readYaml(file, readFile);
  if (!document.ok) return document;
  const owners = readTokenList(file, document.value);
  return owners.ok ? ok(() => createApiKeyFileSource(header, owners.value)) : owners;
}

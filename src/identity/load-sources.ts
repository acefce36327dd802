import { type ReadFile, readYaml } from '../config/load.js';
import type { ConfigProblem } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { IdentitySource } from './source.js';
import { createTokenFileSource } from './token-file.js';
import { readTokenList } from './token-list.js';
import { createTrustedHeaderSource } from './trusted-header.js';

/**
 * Makes the configured sources, reading the files they need. Called again on SIGHUP: the sources
 * it made before stay as they are, so that a bad file leaves them serving.
 */
export async function loadSources(
  identity: Config['identity'],
  readFile?: ReadFile,
): Promise<Result<IdentitySource[], ConfigProblem[]>> {
  const loaded = await Promise.all(identity.sources.map((source) => loadSource(source, readFile)));
  const problems = loaded.flatMap((result) => (result.ok ? [] : result.error));
  return problems.length > 0 ? fail(problems) : ok(loaded.flatMap((result) => (result.ok ? [result.value] : [])));
}

async function loadSource(
  source: Config['identity']['sources'][number],
  readFile: ReadFile | undefined,
): Promise<Result<IdentitySource, ConfigProblem[]>> {
  switch (source.kind) {
    case 'trusted-header':
      return ok(createTrustedHeaderSource(source));
    case 'token-file': {
      const document = await readYaml(source.file, readFile);
      if (!document.ok) return document;
      const tokens = readTokenList(source.file, document.value);
      return tokens.ok ? ok(createTokenFileSource(tokens.value)) : tokens;
    }
  }
}

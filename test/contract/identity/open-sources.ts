import { onTestFinished } from 'vitest';
import { formatProblems } from '../../../src/config/problem.js';
import { configSchema } from '../../../src/config/schema.js';
import { createIdentifier, type Identified } from '../../../src/identity/identify.js';
import { closeSources, loadSources } from '../../../src/identity/load-sources.js';
import type { IdentityRequest } from '../../../src/identity/source.js';
import { apart } from '../../unit/identity/request.js';

type Line = readonly [name: string, value: string];

/** Asks the sources of a configuration until the test ends. */
export interface OpenedSources {
  /** As `loadSources` made them ask: at once, or later. */
  ask(request: IdentityRequest, nowSeconds?: number): Identified | Promise<Identified>;
  /** For a request with these header lines. */
  send(...lines: Line[]): Promise<Identified>;
  bearer(token: string): Promise<Identified>;
}

/** @param files texts by absolute name */
export async function openSources(
  sources: readonly object[],
  files: Readonly<Record<string, string>> = {},
): Promise<OpenedSources> {
  const { identity } = configSchema.parse({ identity: { sources } });
  const loaded = await loadSources(identity, async (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  });
  if (!loaded.ok) throw new Error(formatProblems(loaded.error));
  onTestFinished(() => closeSources(loaded.value));
  const identify = createIdentifier(loaded.value);
  const ask = (request: IdentityRequest, nowSeconds = Date.now() / 1000) => identify(request, nowSeconds);
  const send = async (...lines: Line[]) => ask(apart(...lines));
  return { ask, send, bearer: (token) => send(['authorization', `Bearer ${token}`]) };
}

import type { ReadFile } from '../../config/load.js';
import type { ConfigProblem } from '../../config/problem.js';
import type { Config } from '../../config/schema.js';
import { ok, type Result } from '../../errors/result.js';
import { fetchJson } from '../http/fetch-json.js';
import type { OpenSource } from '../load-sources.js';
import { readSecret } from '../read-secret.js';
import { createIntrospectionSource, type Introspect } from './introspection.js';

type IntrospectionConfig = Extract<Config['identity']['sources'][number], { kind: 'introspection' }>;

const maxBytes = 64 * 1024;

/** Reads the secret of the source `introspection`. */
export async function loadIntrospection(
  source: IntrospectionConfig,
  readFile: ReadFile,
): Promise<Result<OpenSource, ConfigProblem[]>> {
  const secret = await readSecret(source.client_secret_file, readFile);
  if (!secret.ok) return secret;
  return ok(() => {
    const closing = new AbortController();
    const introspect = introspectAt(source, secret.value, closing.signal);
    return { ...createIntrospectionSource(source, introspect), close: async () => closing.abort() };
  });
}

function introspectAt({ url, client_id }: IntrospectionConfig, secret: string, signal: AbortSignal): Introspect {
  // Both parts are form-encoded first (RFC 6749, 2.3.1), so that a colon in the name does not move the border.
  const credentials = Buffer.from(`${encode(client_id)}:${encode(secret)}`).toString('base64');
  const headers = { authorization: `Basic ${credentials}` };
  return (token, timeout) => {
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' });
    return fetchJson({ url, timeout: Math.max(1, Math.floor(timeout)), maxBytes, signal, form, headers });
  };
}

function encode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

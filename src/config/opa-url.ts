import { fail, ok, type Result } from '../errors/result.js';
import { parseUnixAddress } from './address.js';

/** Where OPA is. `host` is without brackets. */
export type OpaUrl =
  | { readonly kind: 'http'; readonly origin: string; readonly host: string; readonly tls: boolean }
  | { readonly kind: 'unix'; readonly path: string };

export const opaUrlHint = 'http://host:port, https://host:port or unix:///path/to/socket';

/** Reads `engine.opa.url`. A name or password in it is refused: secrets come from files. */
export function parseOpaUrl(text: string): Result<OpaUrl> {
  if (text.startsWith('unix:')) return parseUnixAddress(text);
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) return fail(opaUrlHint);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return fail('a URL without a name or password; engine.opa.token names a file that holds a token');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return fail(`${opaUrlHint}, without a path`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return ok({ kind: 'http', origin: url.origin, host, tls: url.protocol === 'https:' });
}

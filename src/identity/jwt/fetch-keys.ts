import { isTrustworthyUrl } from '../../config/service-url.js';
import { fail, type Result } from '../../errors/result.js';
import { fetchJson } from '../http/fetch-json.js';

const maxBytes = 512 * 1024;

/** Fetches a key set from a URL. */
export function fetchKeysFrom(url: string, timeout: number, signal: AbortSignal): Promise<Result<unknown, Error>> {
  return fetchJson({ url, timeout, maxBytes, signal });
}

/**
 * Fetches the key set that the issuer's OpenID configuration names. The document must name the issuer as we do
 * (OpenID Connect Discovery, 4.3): another one's keys would otherwise vouch for this one's tokens.
 */
export async function discoverKeys(
  issuer: string,
  timeout: number,
  signal: AbortSignal,
): Promise<Result<unknown, Error>> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await fetchJson({ url, timeout, maxBytes, signal });
  if (!document.ok) return document;
  const { issuer: named, jwks_uri: place } = (document.value ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
  if (named !== issuer) return fail(new Error('the OpenID configuration names another issuer'));
  if (typeof place !== 'string' || !isTrustworthyUrl(place)) {
    return fail(new Error('the OpenID configuration names no https address of keys'));
  }
  return fetchKeysFrom(place, timeout, signal);
}

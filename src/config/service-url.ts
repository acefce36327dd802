import { isLoopback } from './address.js';

export const serviceUrlHint = 'an https URL without user and fragment; plain http only to this machine';

/** Whether what comes from a URL can be believed: by TLS, or from this machine. */
export function isTrustworthyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
}

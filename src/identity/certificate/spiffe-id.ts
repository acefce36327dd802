const form = /^spiffe:\/\/[a-z0-9._-]{1,255}((?:\/[A-Za-z0-9._-]+)*)$/;

/** Bytes; longer ones need not be supported, says the SPIFFE ID standard. */
const longest = 2048;

/** Whether a URI is a well-formed SPIFFE ID: no port, query, fragment, escape, empty or dot segment. */
export function isSpiffeId(uri: string): boolean {
  if (uri.length > longest) return false;
  const [, path] = form.exec(uri) ?? [];
  return path !== undefined && !path.split('/').some((segment) => segment === '.' || segment === '..');
}

/** The trust domain of a well-formed SPIFFE ID. */
export function trustDomainOf(id: string): string {
  return id.slice('spiffe://'.length).split('/', 1)[0] ?? '';
}

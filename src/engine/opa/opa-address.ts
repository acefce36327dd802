import { PortcullisError } from '../../errors/portcullis-error.js';

/** Where OPA listens, in the terms of the HTTP client. */
export interface OpaAddress {
  /** `http://host:port`; for a Unix socket only the `Host` header comes from it. */
  readonly origin: string;
  readonly socketPath: string | undefined;
  /** What stands before `/v1/data`, without a slash at its end. */
  readonly prefix: string;
}

/** Throws `config_invalid`. */
export function opaAddress(url: string): OpaAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'unix:' && parsed.host === '' && parsed.pathname !== '/') {
    return { origin: 'http://localhost', socketPath: decodeURIComponent(parsed.pathname), prefix: '' };
  }
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  if (parsed === undefined || !isHttp || parsed.username !== '' || parsed.search !== '') {
    throw new PortcullisError('config_invalid', `${url} is not http://host:port, https://host:port or unix:///path`);
  }
  return { origin: parsed.origin, socketPath: undefined, prefix: parsed.pathname.replace(/\/+$/, '') };
}

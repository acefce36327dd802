import { fileURLToPath } from 'node:url';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleStore } from './bundle-store.js';
import { createFolderStore } from './folder-store.js';
import { createHttpStore } from './http-store.js';
import { createOciStore } from './oci-store.js';
import { createS3Store, type S3Place } from './s3-store.js';

export const storeForms =
  's3://bucket/prefix[?endpoint=URL&region=NAME], https://host/path, oci://host/repository, or a folder';

export interface StoreCredentials {
  /** The bearer token (HTTP) or `user:password` (OCI); asked for with each request. */
  readonly token: () => Promise<string | undefined>;
}

export type StorePlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | ({ readonly kind: 's3' } & S3Place)
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'oci'; readonly origin: string; readonly repository: string };

/** Reads where bundles are kept: one text for the command line and the configuration. */
export function parseStore(text: string): Result<StorePlace> {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text === '' ? unknown(text) : ok({ kind: 'folder', folder: text });
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') return unknown(text);
  switch (url.protocol) {
    case 'file:':
      return url.host === '' ? ok({ kind: 'folder', folder: fileURLToPath(url) }) : unknown(text);
    case 's3:':
      return readS3(url, text);
    case 'http:':
    case 'https:':
      if (url.search !== '') return unknown(text);
      return ok({ kind: 'http', url: `${url.origin}${url.pathname.replace(/\/*$/, '/')}` });
    case 'oci:':
      return readOci(url, text);
    default:
      return unknown(text);
  }
}

export async function openStore(place: StorePlace, credentials: StoreCredentials): Promise<BundleStore> {
  switch (place.kind) {
    case 'folder':
      return createFolderStore(place.folder);
    case 's3':
      return createS3Store(place);
    case 'http':
      return createHttpStore({ url: place.url, token: credentials.token });
    case 'oci':
      return createOciStore({ ...place, token: credentials.token });
  }
}

function readS3(url: URL, text: string): Result<StorePlace> {
  const strange = [...url.searchParams.keys()].some((name) => name !== 'endpoint' && name !== 'region');
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  if (strange || url.host === '') return unknown(text);
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint)) return unknown(text);
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  return ok({
    kind: 's3',
    bucket: url.host,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint,
    region: url.searchParams.get('region') ?? undefined,
  });
}

/** `?plain_http=true` for a registry without TLS. */
function readOci(url: URL, text: string): Result<StorePlace> {
  const plain = url.search === '?plain_http=true';
  const repository = url.pathname.slice(1);
  if (url.host === '' || (url.search !== '' && !plain)) return unknown(text);
  if (!/^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/.test(repository)) return unknown(text);
  return ok({ kind: 'oci', origin: `${plain ? 'http' : 'https'}://${url.host}`, repository });
}

function unknown(text: string): Result<never> {
  return fail(`${JSON.stringify(text)} is no place for bundles; it is one of ${storeForms}`);
}

import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { StorePlace } from './open-store.js';

/**
 * Whether what is sent to `other` reaches nobody but who is asked at `own`: scheme, host and port, and for S3 the bucket,
 * are the same; a folder is the same one or within it. Whoever may name a store would else be given the credentials.
 */
export function onSameServer(own: StorePlace, other: StorePlace): boolean {
  switch (own.kind) {
    case 'folder':
      return other.kind === 'folder' && isWithin(own.folder, other.folder);
    case 's3':
      return (
        other.kind === 's3' &&
        other.bucket === own.bucket &&
        other.endpoint === own.endpoint &&
        other.region === own.region
      );
    case 'http':
      return other.kind === 'http' && new URL(other.url).origin === new URL(own.url).origin;
    case 'oci':
      return other.kind === 'oci' && other.origin === own.origin;
  }
}

function isWithin(folder: string, other: string): boolean {
  const path = relative(resolve(folder), resolve(other));
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

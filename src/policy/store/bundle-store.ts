import type { Result } from '../../errors/result.js';

/** A place where bundles are kept under names: a folder, a bucket, a registry, a web server. */
export interface BundleStore {
  /** What messages call it, without credentials. */
  readonly place: string;
  /** The object of this name. */
  read(name: string, request: ReadRequest): Promise<Result<ReadAnswer>>;
  /** Writes an object that must not be there yet. Of several that try at once, at most one is told `created`. */
  create(name: string, content: Buffer): Promise<Result<'created' | 'exists'>>;
  /**
   * Writes over exactly the version that was read before (compare-and-set).
   *
   * @param version `undefined`: the object must not be there
   */
  replace(name: string, content: Buffer, version: string | undefined): Promise<Result<'replaced' | 'changed'>>;
  /** The names that begin with `prefix`, in no order. */
  list(prefix: string): Promise<Result<readonly string[]>>;
  close(): void;
}

export interface ReadRequest {
  /** Larger objects are refused, and no more than this is kept in memory. */
  readonly maxBytes: number;
  /** The version that is there already: then `unchanged` is enough of an answer. */
  readonly known?: string | undefined;
  /** Milliseconds that the server may keep the request waiting for a change, if it can (long polling). */
  readonly wait?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ReadAnswer =
  | { readonly kind: 'found'; readonly content: Buffer; readonly version: string | undefined }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' };

/** Milliseconds that one request to a store may take, long polling apart. */
export const requestTimeout = 30_000;

/** Ends a request with the caller's signal or after its time. */
export function limitTime(signal: AbortSignal | undefined, wait = 0): AbortSignal {
  const timeout = AbortSignal.timeout(requestTimeout + wait);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

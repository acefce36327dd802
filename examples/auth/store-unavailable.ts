/** Postgres or Redis. */
export type StoreName = 'account_store' | 'session_store';

/** A store cannot be asked now. The request is refused (503) and nothing is assumed. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly store: StoreName;

  constructor(store: StoreName, cause: unknown) {
    super(`${store} is unavailable`, { cause });
    this.store = store;
  }
}

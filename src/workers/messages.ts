import type { JWK } from 'jose';
import type { Config } from '../config/schema.js';
import type { ErrorCode } from '../errors/portcullis-error.js';
import type { Result } from '../errors/result.js';

/** What the supervisor tells a worker. An order with an `id` is answered. */
export type Order =
  | { readonly order: 'start'; readonly worker: number; readonly config: Config }
  | { readonly order: 'reload'; readonly id: number; readonly config: Config }
  | { readonly order: 'metrics'; readonly id: number }
  | { readonly order: 'status'; readonly id: number }
  | { readonly order: 'public_keys'; readonly id: number }
  /** Drain and end; the second time, cut what is left. */
  | { readonly order: 'stop' };

/** What a worker tells the supervisor. */
export type Report =
  | { readonly report: 'serving'; readonly address: string; readonly state: string }
  | { readonly report: 'failed'; readonly failure: WorkerFailure }
  /** Once a second: a worker whose event loop stands still is silent. */
  | { readonly report: 'alive'; readonly state: string }
  | { readonly report: 'answer'; readonly id: number; readonly answer: unknown };

/** Why a worker does not serve. */
export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a worker answers to `reload`; the error is one line. */
export type Reloaded = Result<void>;

/** What a worker answers to `public_keys`; nothing when it signs no tokens. */
export interface PublicKeys {
  readonly keys: readonly (JWK & { readonly kty: string; readonly kid: string })[];
}

/** Milliseconds between two signs of life. */
export const beat = 1_000;

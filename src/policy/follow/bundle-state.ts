import type { PortcullisError } from '../../errors/portcullis-error.js';

/** How it stands with one bundle, in the words of OPA's status reports. Times are ISO 8601. */
export interface BundleState {
  readonly name: string;
  readonly channel?: string;
  active_revision?: string;
  /** It was taken, and serves when the others do that belong to it. */
  pending_revision?: string;
  last_successful_activation?: string;
  last_successful_download?: string;
  last_successful_request?: string;
  last_request?: string;
  type?: 'snapshot' | 'delta';
  /** Bytes of the archive. */
  size?: number;
  code?: string;
  message?: string;
  /** No news from the origin for longer than `alarm_after`. */
  stale: boolean;
  /** It was taken from the disk, and the origin has not been reached since. */
  persisted?: boolean;
}

/** The same of the bundle that says which ones are followed. */
export interface DiscoveryState extends BundleState {
  /** Of the sources that do not serve yet, beside those that do. */
  readonly pending?: Readonly<Record<string, BundleState>>;
}

export function noteFailure(state: BundleState, error: PortcullisError): void {
  // OPA has one code for all of them; ours is in the message.
  state.code = 'bundle_error';
  state.message = `${error.code}: ${error.message}`;
}

export function noteSuccess(state: BundleState): void {
  delete state.code;
  delete state.message;
}

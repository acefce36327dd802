import type { ReadSet } from '../../policy/plan/read-set.js';

export interface CacheOptions {
  readonly maxEntries: number;
  /** Bytes of all results together, about. */
  readonly maxBytes: number;
  /** Milliseconds that a result may be given again; a policy and a credential may shorten it. */
  readonly maxAge: number;
  /** What a decision of this revision depends on; undefined if that is not known. Asked for each evaluation. */
  readonly readSet: (path: string, revision: string | undefined) => ReadSet | undefined;
  /**
   * For an engine whose policy changes without our doing: milliseconds after which its revision must be seen again
   * before a result is given from the cache. Absent for one whose policy is always the same.
   */
  readonly recheckRevision?: number | undefined;
  /** Each this many hits, the policy is asked all the same and must say what the cache says. */
  readonly auditEvery?: number;
  /** What became of an evaluation: `bypass` is one that may not be kept. */
  readonly count?: (result: CacheOutcome) => void;
  /** The policy gave another result than the one kept. From here on nothing is cached. */
  readonly onDisagreement?: (path: string) => void;
  /** As `performance.now()`. */
  readonly now?: () => number;
  /** Seconds since 1970. */
  readonly wallClock?: () => number;
}

export type CacheOutcome = 'hit' | 'miss' | 'bypass';

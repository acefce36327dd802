import type { Effort, Figure } from '../measure/rounds.js';
import type { Machine } from '../rig/machine.js';
import type { OwnProfile } from './own-profile.js';
import type { MemoryFigure, StartFigure } from './start-and-memory.js';

/** Everything that a run has found, as it is kept in `docs/performance.json`. */
export interface Results {
  /** ISO 8601, UTC. */
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly effort: Effort;
  /** Titles by id. */
  readonly titles: {
    readonly contenders: Readonly<Record<string, string>>;
    readonly workloads: Readonly<Record<string, string>>;
    readonly shapes: Readonly<Record<string, string>>;
  };
  readonly figures: readonly Figure[];
  readonly starts: readonly StartFigure[];
  readonly memory: readonly MemoryFigure[];
  readonly peerProfile: string | undefined;
  readonly ownProfiles: readonly OwnProfile[];
}

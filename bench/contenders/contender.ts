import type { Cores } from '../rig/cores.js';
import type { NodeRuntime } from '../rig/programs.js';
import type { ServerProcess } from '../rig/server-process.js';
import type { Workload } from '../workloads/workload.js';

/** What contenders are started with. */
export interface Rig {
  readonly cores: Cores;
  readonly runtimes: readonly NodeRuntime[];
  readonly load: string;
  readonly peer: string;
  /** Of Portcullis. */
  readonly main: string;
  readonly floors: string;
}

/** Something that answers checks. */
export interface Contender {
  /** Such as `embedded/node20`: what the rows of the results are called. */
  readonly id: string;
  readonly title: string;
  /** Whether its answers are decisions of the policy, and so must equal those of the others. */
  readonly decides: boolean;
  start(rig: Rig, workload: Workload): Promise<Running>;
}

export interface Running {
  readonly contender: Contender;
  readonly address: string;
  /** Further addresses of it; connections are spread over all. */
  readonly others?: readonly string[];
  /** All its processes; their processor time and memory count together. */
  readonly processes: readonly ServerProcess[];
  stop(): Promise<void>;
}

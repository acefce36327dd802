import type { Rig } from '../contenders/contender.js';
import { workersContender } from '../contenders/workers.js';
import { envoyShape, measureShapes } from '../measure/arena.js';
import type { Effort, Figure } from '../measure/rounds.js';
import { workloads } from '../workloads/table.js';
import type { Workload } from '../workloads/workload.js';

/** The gateway's policy under another name, since these contenders have less than a core. */
export const sharedCore: Workload = {
  ...workloads.gateway,
  id: 'workers',
  title: 'gateway policy, an equal share of a core for each worker',
};

/** What one worker does and what two do, on the newest Node. */
export function measureWorkers(rig: Rig, effort: Effort): Promise<readonly Figure[]> {
  const runtime = rig.runtimes.at(-1)?.id ?? '';
  const both = [1, 2].map((count) => workersContender(count, runtime));
  return measureShapes(rig, both, sharedCore, [envoyShape], effort);
}

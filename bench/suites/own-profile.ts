import type { Rig } from '../contenders/contender.js';
import { stageShares } from '../profile/report.js';
import { takeProfile } from '../profile/take-profile.js';
import { workloads } from '../workloads/table.js';

/** A share of the time that something took. */
export interface Share {
  readonly name: string;
  /** From 0 to 1. */
  readonly share: number;
}

/** Where a variant of Portcullis spends its time at full load. */
export interface OwnProfile {
  readonly contender: string;
  readonly title: string;
  /** Of the time in which the Node process was not idle. */
  readonly stages: readonly Share[];
  /** Of the processor time of all processes. */
  readonly processes: readonly Share[];
}

/** Profiles the embedded engine and the fastest sidecar on the newest Node. */
export async function profileOwn(rig: Rig, seconds: number): Promise<readonly OwnProfile[]> {
  const runtime = rig.runtimes.at(-1)?.id ?? '';
  const variants = [
    { id: 'embedded', title: 'embedded', engine: 'wasm' },
    {
      id: 'sidecar-batched-read',
      title: 'sidecar, batched, sent what the policy reads',
      engine: 'opa',
      transport: 'uds',
      batch: 64,
      projection: true,
    },
  ] as const;
  const profiles: OwnProfile[] = [];
  for (const variant of variants) {
    const taken = await takeProfile(rig, { ...variant, runtime }, workloads.gateway, seconds);
    const all = taken.processes.reduce((sum, process) => sum + process.seconds, 0);
    profiles.push({
      contender: `${variant.id}/${runtime}`,
      title: taken.title,
      stages: stageShares(taken.times),
      processes: taken.processes.map((process) => ({ name: process.name, share: process.seconds / all })),
    });
  }
  return profiles;
}

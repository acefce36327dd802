import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../rig/places.js';

/** What must not grow. Ratios, so that they hold on any machine; bytes, where those are the same everywhere. */
export type Threshold = RatioThreshold | AllocationThreshold;

/** Processor time for each check, divided by that of another server in the same round. */
export interface RatioThreshold {
  readonly measure: 'cpuPerCheck';
  readonly workload: string;
  readonly shape: string;
  /** Without the Node that it runs on. */
  readonly contender: string;
  readonly against: string;
  readonly atMost: number;
}

/** Bytes on the JavaScript heap for each check of the embedded engine. */
export interface AllocationThreshold {
  readonly measure: 'allocatedBytes';
  readonly atMost: number;
}

const file = join(repository, 'bench', 'thresholds.json');

export async function readThresholds(): Promise<readonly Threshold[]> {
  return JSON.parse(await readFile(file, 'utf8')) as readonly Threshold[];
}

export async function writeThresholds(thresholds: readonly Threshold[]): Promise<void> {
  await writeFile(file, `${JSON.stringify(thresholds, undefined, 2)}\n`);
}

import { decisionDeviations } from './decision-deviations.js';
import type { Deviation, DeviationCase } from './deviation.js';
import { outcomeDeviations } from './outcome-deviations.js';
import { requestDeviations } from './request-deviations.js';

/**
 * Every deliberate deviation from opa-envoy-plugin, reviewed by hand. docs/compatibility.md is made from it, and tests ask
 * each case of a running server: as it is by default, with the switch alone, and under the preset.
 */
export const deviations: readonly Deviation[] = [...requestDeviations, ...decisionDeviations, ...outcomeDeviations];

export interface RecordedDifference {
  readonly deviation: Deviation;
  readonly difference: DeviationCase;
}

/** The recorded cases that are answered otherwise under the preset too, by name. */
export const recordedDifferences: ReadonlyMap<string, RecordedDifference> = new Map(
  deviations.flatMap((deviation) =>
    deviation.cases.flatMap((difference) =>
      difference.recorded === undefined ? [] : [[difference.recorded, { deviation, difference }] as const],
    ),
  ),
);

/** What the case is answered under `compatibility: opa-envoy-plugin`. */
export function presetAnswer({ back }: Deviation, { plugin, portcullis, preset }: DeviationCase): string {
  return preset ?? ('key' in back ? plugin : portcullis);
}

/** What a long run at full load has shown, as it is kept in `docs/performance-soak.json`. */
export interface SoakResult {
  readonly measuredAt: string;
  readonly contender: string;
  readonly minutes: number;
  readonly checks: number;
  readonly failed: number;
  /** Resident memory in MB, once in each stretch of the run. */
  readonly memory: readonly number[];
  /** MB, the slope of a line through the second half of the run. */
  readonly growthPerHour: number;
  /** Whether memory at the end is above all that was seen in the middle. */
  readonly grows: boolean;
}

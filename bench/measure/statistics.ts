/** The middle of several figures and how far they spread. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  return { median: quantile(sorted, 0.5), low: sorted[0] ?? Number.NaN, high: sorted.at(-1) ?? Number.NaN };
}

/** Between the two nearest values of a sorted list. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Each round's figure divided by the other's of the same round: what disturbs a round disturbs both. */
export function ratios(values: readonly number[], others: readonly number[]): readonly number[] {
  return values.slice(0, others.length).map((value, round) => value / (others[round] ?? Number.NaN));
}

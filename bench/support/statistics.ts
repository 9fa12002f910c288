/** The middle value, or the mean of the two in the middle; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A median with the range it comes from. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

export function spread(values: readonly number[]): Spread {
  const known = values.filter((value) => !Number.isNaN(value));
  return { median: median(known), min: Math.min(...known), max: Math.max(...known), count: known.length };
}

/** Value over base within each round, so that what slows a whole round (a noisy machine) cancels out. */
export function pairwiseRatio(values: readonly number[], base: readonly number[]): Spread {
  return spread(
    values.map((value, round) => value / (base[round] ?? NaN)).map((ratio) => (Number.isFinite(ratio) ? ratio : NaN)),
  );
}

/** The value below which the share `q` of the sorted values lies (nearest rank); NaN for none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return NaN;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]!;
}

/** The list, begun one further with each round: no target is always first, or always after the same one. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const shift = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(shift), ...items.slice(0, shift)];
}
